import { expect, test } from 'vitest'
import {
  addField,
  bigint,
  createCollection,
  createTableLike,
  defineSteppedMigration,
  dropCollection,
  keyword,
  vector,
} from '../../../src/catalogue/api.ts'
import type { Target } from '../../../src/engine/target/open-target.ts'
import { openTestTarget } from '../../support/engine-setup.ts'
import { FIRST, SECOND, setupStepped, type SteppedBundle, turn } from '../../support/stepped.ts'

const definitions = [
  defineSteppedMigration({
    version: FIRST,
    operations: [
      createCollection('code', {
        partitions: 2,
        fields: { project_id: bigint({ index: true }), title: keyword(), embeddings: vector({ dimensions: 3 }) },
      }),
      createCollection('passing', { partitions: 1, fields: { title: keyword() } }),
    ],
  }),
  defineSteppedMigration({
    version: SECOND,
    operations: [
      addField('code', { state: keyword() }),
      createTableLike('runs_copy', { like: 'runs', nullable: true }),
      dropCollection('passing'),
    ],
  }),
]

/** Destroys the connection right before the n-th statement that changes the schema or the collections is sent. */
function cuttingTarget(target: Target, after: { left: number }): Target {
  return {
    ...target,
    withClient: (use, lending) =>
      target.withClient(async (client) => {
        const { connection } = client
        const parse = connection.parse.bind(connection)
        connection.parse = (query, more) => {
          if (/^\s*(CREATE|ALTER|DROP|(INSERT INTO|DELETE FROM) "tranche"."stepped_collections")/.test(query.text)) {
            after.left -= 1
            if (after.left === 0) connection.stream.destroy()
          }
          parse(query, more)
        }
        try {
          return await use(client)
        } finally {
          connection.parse = parse
        }
      }, lending),
  }
}

/** As before the first run. */
async function forget({ query }: SteppedBundle): Promise<void> {
  await query('DROP TABLE IF EXISTS public.ai_code, public.ai_passing, public.runs_copy')
  await query('TRUNCATE tranche.stepped_migrations, tranche.stepped_collections')
}

/** Tables, columns, constraints and indexes that operations made. */
function schemaOf({ query }: SteppedBundle): Promise<unknown> {
  return query(
    `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound,
            (SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS columns,
            (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY pg_get_indexdef(indexrelid)) FROM pg_index WHERE indrelid = c.oid AND indisvalid) AS indexes
       FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S') ORDER BY 1`,
  )
}

test('operations that were cut off at any statement are completed by the next runs, to the same schema', async () => {
  const bundle = await setupStepped(definitions)
  await bundle.engine.stepped.work({ toEnd: true })
  const wanted = await schemaOf(bundle)
  let cuts = 0
  for (;;) {
    await forget(bundle)
    const after = { left: cuts + 1 }
    const cutting = bundle.another({ target: cuttingTarget(openTestTarget(bundle.database), after) })
    let reason = ''
    while (after.left > 0 && reason !== 'idle')
      reason = await turn({ engine: cutting }).then(
        (run) => run.reason,
        () => 'cut off', // the records are in the same database
      )
    if (after.left > 0) break
    cuts += 1
    await bundle.engine.stepped.work({ toEnd: true })
    expect(await schemaOf(bundle), `cut at statement ${String(cuts)}`).toEqual(wanted)
    expect((await bundle.engine.stepped.list()).collections.map(({ name }) => name)).toEqual(['code'])
  }
  expect(cuts).toBeGreaterThan(15)
})
