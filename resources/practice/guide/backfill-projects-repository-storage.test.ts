import { practice, run, test } from 'tranche/testing'
import definition from './backfill-projects-repository-storage.ts'

test('visits the projects without a storage alone', async () => {
  const database = await practice({ files: ['_data/10-namespaces/schema.sql', '_data/60-guide/schema.sql'] })
  await database.query(`
    INSERT INTO namespaces (id, type, name, path) SELECT i, 'Group', 'n' || i, 'n' || i FROM generate_series(1, 100) AS i;
    INSERT INTO projects (id, namespace_id, project_namespace_id, name, path, repository_storage)
    SELECT i * 3, i, i, 'p', 'p', CASE WHEN i % 10 <> 0 THEN 'nfs-01' END FROM generate_series(1, 100) AS i`)

  const { rows } = await run(database, definition)

  if (rows.scanned !== 10 || rows.changed !== 10) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect('SELECT repository_storage, count(*)::int AS count FROM projects GROUP BY 1 ORDER BY 1', [
    { repository_storage: 'default', count: 10 },
    { repository_storage: 'nfs-01', count: 90 },
  ])
})
