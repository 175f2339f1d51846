import { expect, it } from 'vitest'
import { sql } from '../../../src/catalogue/api.ts'
import { hitEvery } from '../../support/hits.ts'
import { queued } from '../../support/queued.ts'

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
