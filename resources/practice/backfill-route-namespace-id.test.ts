import { practice, run, test } from 'tranche/testing'
import definition from './backfill-route-namespace-id.ts'

const files = ['_data/10-namespaces/schema.sql', '_data/30-routes/schema.sql']

test('copies the source of every route but those of the unused type', async () => {
  const database = await practice({ files })
  // Routes from before the trigger was there.
  await database.query(`
    INSERT INTO namespaces (id, type, name, path) SELECT i, 'Group', 'n' || i, 'n' || i FROM generate_series(1, 20) AS i;
    ALTER TABLE routes DISABLE TRIGGER routes_set_namespace_id;
    INSERT INTO routes (id, source_id, source_type, path)
    SELECT i * 3, i, CASE WHEN i % 5 = 0 THEN 'UnusedType' ELSE 'Namespace' END, 'p' || i FROM generate_series(1, 20) AS i;
    UPDATE routes SET namespace_id = source_id WHERE id = 3;
    ALTER TABLE routes ENABLE TRIGGER routes_set_namespace_id`)

  const { rows } = await run(database, definition)

  if (rows.scanned !== 16 || rows.changed !== 15) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect(
    'SELECT source_type, count(*)::int AS count, count(namespace_id)::int AS filled FROM routes GROUP BY 1 ORDER BY 1',
    [
      { source_type: 'Namespace', count: 16, filled: 16 },
      { source_type: 'UnusedType', count: 4, filled: 0 },
    ],
  )
})
