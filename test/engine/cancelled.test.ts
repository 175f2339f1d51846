/** pg_cancel_backend raises what our own limits raise; it says nothing about how much a job or a plan is. */
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { Bundle } from '../support/engine-setup.ts'
import { hits, jobs, queued } from '../support/queued.ts'
import { begin, raced, untilSomebodyWaits } from '../support/raced.ts'

async function cancelWhoWaits(bundle: Bundle): Promise<void> {
  await untilSomebodyWaits(bundle)
  await bundle.query(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
}

it('a sub-batch that somebody cancels is an attempt, and makes nothing smaller', async () => {
  const definition = defineBatchedMigration({
    jobClassName: 'HitEvery',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: 40,
    subBatchSize: 20,
    pauseMs: 1,
    perform: ({ subBatch }) => sql`
      UPDATE items SET hits = hits + 1 WHERE ${subBatch} AND pg_advisory_xact_lock_shared(7) IS NOT NULL`,
  })
  const bundle = await queued(40, definition)
  const blocker = await begin(bundle, 'SELECT pg_advisory_xact_lock(7)')
  const failed = bundle.until('job:failed')
  const running = bundle.engine.run(bundle.migrationId)

  await cancelWhoWaits(bundle)
  await failed
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 2 }])
  expect(bundle.heard.filter(({ name }) => name === 'job:shrunk' || name === 'job:split')).toEqual([])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 40 }])
})

it('a claim that somebody cancels is asked for again', async () => {
  const bundle = await raced(100)
  const blocker = await begin(bundle, 'LOCK TABLE tranche.planning_frontier IN ACCESS EXCLUSIVE MODE')
  const running = bundle.engine.run(bundle.migrationId)

  await cancelWhoWaits(bundle)
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect((await bundle.engine.events(bundle.migrationId)).map(({ kind }) => kind)).not.toContain('planned_by_rows')
})
