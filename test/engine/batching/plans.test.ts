/** What planning costs a huge table: read off the server's own counters and plans, never off a clock. */
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../../src/catalogue/api.ts'
import { findBatchTable } from '../../../src/engine/batching/batch-table.ts'
import { inRange, keyOrder } from '../../../src/engine/batching/key-range.ts'
import { inTransaction } from '../../../src/engine/context.ts'
import { sourceOf } from '../../support/engine-ports.ts'
import { type Bundle, openTestTarget, setup } from '../../support/engine-setup.ts'
import { contextOf } from '../../support/internals.ts'
import { until } from '../../support/until.ts'

const ROWS = 60_000
const SCHEMA = `CREATE TABLE public.items (
    day timestamptz NOT NULL, id uuid NOT NULL, hits integer NOT NULL DEFAULT 0, filler text NOT NULL, PRIMARY KEY (day, id));
  ALTER TABLE public.items SET (autovacuum_enabled = off);
  INSERT INTO public.items SELECT '2026-01-01'::timestamptz + n / 100 * interval '1 hour', md5(n::text)::uuid, 0, repeat('x', 200)
    FROM generate_series(1, ${String(ROWS)}) AS n;
  ANALYZE public.items`

it('a comparison of whole keys is a condition of the index, and nothing is sorted', async () => {
  const { database } = await setup({ schema: SCHEMA, isInstalled: false })
  const target = openTestTarget(database)
  try {
    const plan = await inTransaction(
      contextOf({ target, definitions: sourceOf([]) }),
      async (transaction) => {
        const { columns } = await findBatchTable(transaction, 'public.items', ['day', 'id'])
        const own = sql.ident('items')
        const range = {
          after: ['2026-01-10 00:00:00+00', '80000000-0000-0000-0000-000000000000'],
          until: ['2026-01-20 00:00:00+00', '80000000-0000-0000-0000-000000000000'],
        }
        const { rows } = await transaction.query(
          sql`EXPLAIN SELECT 1 FROM public.items WHERE ${inRange(own, columns, range)} ORDER BY ${keyOrder(own, columns)} LIMIT 1001`,
        )
        return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
      },
      { isPlanning: true },
    )
    expect(plan).toMatch(/Index (Only )?Scan using items_pkey/)
    expect(plan).toMatch(/Index Cond: .*ROW\(.*> ROW\(.*ROW\(.*<= ROW\(/)
    expect(plan).not.toMatch(/Filter|Sort/)
  } finally {
    await target.close()
  }
})

it('queueing a large table and planning a job read a few rows of it, not the table', async () => {
  const definition = defineBatchedMigration({
    jobClassName: 'HitEvery',
    description: 'x',
    table: 'public.items',
    column: ['day', 'id'],
    batchSize: 100,
    subBatchSize: 100,
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
  })
  const bundle = await setup({ schema: SCHEMA, definitions: [definition] })
  const before = await countersOf(bundle, ({ inserted }) => inserted === ROWS)
  const target = openTestTarget(bundle.database, 'tranche counted')
  const engine = bundle.another({ target: { ...target, close: () => Promise.resolve() } })

  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  await engine.run(migration.id, { maxJobs: 1 })
  // Sessions tell all that they counted when they end.
  await target.close()
  const after = await countersOf(bundle, ({ updated, sessions }) => updated === 100 && sessions === 0)

  expect(after.seqScans).toBe(before.seqScans)
  // Two bounds, 20 samples by a few probes each, one job's plan of 101 keys, and its 100 rows.
  expect(after.fetched - before.fetched).toBeLessThan(1_000)
})

interface Counters {
  readonly inserted: number
  readonly updated: number
  readonly seqScans: number
  readonly fetched: number
  readonly sessions: number
}

async function countersOf({ query }: Bundle, isComplete: (counters: Counters) => boolean): Promise<Counters> {
  let last: Counters | undefined
  await until(async () => {
    const [row] = await query<Counters>(
      `SELECT n_tup_ins::int AS inserted, n_tup_upd::int AS updated, seq_scan::int AS "seqScans", idx_tup_fetch::int AS fetched,
              (SELECT count(*)::int FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'tranche counted') AS sessions
         FROM pg_stat_user_tables WHERE relid = 'public.items'::regclass`,
    )
    last = row
    return row !== undefined && isComplete(row)
  })
  if (last === undefined) throw new Error('the table has no counters')
  return last
}
