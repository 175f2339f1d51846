import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../../src/catalogue/api.ts'
import { planning } from '../../../src/engine/planner.ts'
import { inWritingTransaction } from '../../../src/engine/context.ts'
import { nextRange, planNextJob, readNextRange } from '../../../src/engine/planner.ts'
import { setup } from '../../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../../support/hits.ts'
import { joinedDrive } from '../../support/internals.ts'
import { queued } from '../../support/queued.ts'
import { raced } from '../../support/raced.ts'

it('goes on by rows read where no index serves the scope, and says so', async () => {
  // A row out of scope costs at least a millisecond: two jobs' rows in scope lie further apart than the limit allows.
  const scope = sql`CASE WHEN id % 300 = 0 THEN true ELSE pg_sleep(0.001) IS NULL END`
  const bundle = await queued(400, hitEvery({ batchSize: 2, subBatchSize: 2, scope }))
  const { migrationId, query } = bundle
  const engine = bundle.another({ limits: { scopedPlanningTimeoutMs: 150 } })

  const { reason } = await engine.run(migrationId)

  expect(reason).toBe('finished')
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits')).toEqual([
    { hits: 0, count: 396 },
    { hits: 1, count: 4 },
  ])
  expect(await query('SELECT sum(scanned)::int AS scanned FROM tranche.job_progress')).toEqual([{ scanned: 4 }])
  expect(await engine.verify(migrationId)).toMatchObject({ checks: [{ holds: true }, { holds: true }] })
  const steps = (await engine.events(migrationId)).flatMap(({ kind, details }) =>
    kind === 'planned_by_rows' ? [details.scanRows] : [],
  )
  expect(steps).toContain(20)
  expect(steps).toContain((await engine.get(migrationId)).scanRows)
})

const RARE = sql`id % 300 = 0`

it.each([
  {
    what: 'few rows are in scope and no index knows',
    scope: RARE,
    index: '',
    says: /no index serves the scope: .* 1 200 are read/,
  },
  {
    what: 'a partial index has the scope',
    scope: RARE,
    index: 'CREATE INDEX ON items (id) WHERE id % 300 = 0',
    says: null,
  },
  {
    what: 'an index leads to the scope in key order',
    scope: sql`hits = ${0} AND bad`,
    index: 'CREATE INDEX ON items (bad, hits, id)',
    says: null,
  },
  { what: 'nearly every row is in scope', scope: sql`NOT bad`, index: '', says: null },
  { what: 'there is no scope', scope: undefined, index: '', says: null },
])('warns when queueing of a scope that no index serves: $what', async ({ scope, index, says }) => {
  const definition = hitEvery(scope === undefined ? {} : { scope })
  const { engine, query } = await setup({ schema: `${hitsTable(1_200)}; ${index}`, definitions: [definition] })
  await query('ANALYZE items')

  const { preflight } = await engine.plan({ jobClassName: 'HitEvery' })
  const { warnings, migration } = await engine.queue({ jobClassName: 'HitEvery' })

  const told = preflight.filter(({ name }) => name === 'scope without an index')
  expect(told).toEqual(warnings)
  expect(warnings.map(({ outcome, detail }) => ({ outcome, detail }))).toEqual(
    says === null ? [] : [{ outcome: 'warns', detail: expect.stringMatching(says) as string }],
  )
  const [queuedEvent] = (await engine.events(migration.id)).filter(({ kind }) => kind === 'queue')
  expect(queuedEvent?.details.warnings).toEqual(says === null ? undefined : warnings.map(({ detail }) => detail))
})

it('queueing answers what random keys mean for rows inserted meanwhile', async () => {
  const definition = defineBatchedMigration({
    jobClassName: 'HitUuid',
    description: 'x',
    table: 'things',
    column: 'id',
    perform: ({ subBatch }) => sql`UPDATE things SET hits = hits + 1 WHERE ${subBatch}`,
  })
  const schema = `CREATE TABLE things (id uuid PRIMARY KEY, hits integer); INSERT INTO things SELECT gen_random_uuid(), 0`
  const { engine } = await setup({ schema, definitions: [definition] })
  expect((await engine.queue({ jobClassName: 'HitUuid' })).warnings).toMatchObject([
    { name: 'random keys', detail: expect.stringContaining('may or may not be visited') as string },
  ])
  expect((await engine.queue({ jobClassName: 'HitUuid' })).warnings).toEqual([])
})

it('the short limit of looking for rows in scope ends with that, also where the range is used up', async () => {
  const bundle = await raced(100, [hitEvery({ scope: sql`NOT bad` })])
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  await bundle.query('DELETE FROM items')

  const limit = await inWritingTransaction(
    context,
    async (transaction) => {
      const [frontier, plan] = await transaction.queryAll(nextRange(context, drive))
      const next = readNextRange(drive, { frontier, plan })
      expect(await planNextJob(transaction, context, drive, next)).toEqual({ kind: 'exhausted' })
      return transaction.query(sql`SELECT current_setting('statement_timeout') AS limit`)
    },
    planning(context, drive),
  )

  expect(limit.rows).toEqual([{ limit: `${String(context.limits.planningTimeoutMs / 60_000)}min` }])
})
