import { expect, it } from 'vitest'
import type { TrackedEvent } from '../../src/engine/types.ts'
import { hitEvery } from '../support/hits.ts'
import { queued } from '../support/queued.ts'
import { begin, untilSomebodyWaits } from '../support/raced.ts'

type Queued = Awaited<ReturnType<typeof queued>>

const DEFINITION = hitEvery({ batchSize: 10, subBatchSize: 10 })

it('makes jobs larger that took less than their interval, up to the max batch size, and journals the decision with its inputs', async () => {
  const bundle = await queued(1_000, DEFINITION)
  await bundle.engine.set(bundle.migrationId, { maxBatchSize: 11 })
  await afterJobsOf(bundle, { count: 20, seconds: 60 })

  await bundle.engine.run(bundle.migrationId, { paced: true, maxJobs: 1 })

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ batchSize: 11, subBatchSize: 10 })
  expect(await decisions(bundle)).toEqual([
    {
      ...{ from: 10, to: 11, because: 'faster', jobs: 20, multiplier: 1.2, intervalSeconds: 120 },
      ...{ efficiency: expect.closeTo(0.3, 1) as number, subBatchSize: 10, maxBatchSize: 11 },
    },
  ])
  // the next job is planned with it, and the same decision is not journaled twice
  await afterJobsOf(bundle, { count: 0, seconds: 60 })
  await bundle.engine.run(bundle.migrationId, { paced: true, maxJobs: 1 })
  const [last] = await bundle.query<{ batch_size: number }>(
    'SELECT batch_size FROM tranche.batched_background_migration_jobs ORDER BY id DESC LIMIT 1',
  )
  expect(last).toEqual({ batch_size: 11 })
  await afterJobsOf(bundle, { count: 0, seconds: 60 })
  await bundle.engine.run(bundle.migrationId, { paced: true, maxJobs: 1 })
  expect((await decisions(bundle)).map(({ because }) => because)).toEqual(['faster', 'at_limit'])
})

it.each([
  ['an unpaced run', { paced: false }, 120, 20],
  ['a forced run', { paced: true, force: true }, 120, 20],
  ['an interval of 0', { paced: true }, 0, 20],
  ['fewer than twenty jobs', { paced: true }, 120, 18],
])('is off in %s', async (_, options, intervalSeconds, count) => {
  const bundle = await queued(1_000, DEFINITION)
  await bundle.engine.set(bundle.migrationId, { intervalSeconds })
  await afterJobsOf(bundle, { count, seconds: 60 })
  await bundle.engine.run(bundle.migrationId, { ...options, maxJobs: 1 })
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ batchSize: 10 })
  expect(await decisions(bundle)).toEqual([])
})

it('set takes effect at the next job, in the middle of a run, and is journaled', async () => {
  const bundle = await queued(100, DEFINITION)
  // In the second job, which cannot end before this.
  const session = await begin(bundle, 'SELECT FROM items WHERE id = 60 FOR UPDATE')
  const running = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle)
  await bundle.engine.set(bundle.migrationId, { batchSize: 25, pauseMs: 1 })
  await session.query('COMMIT')
  await running
  const sizes = await bundle.query<{ batch_size: number }>(
    'SELECT DISTINCT batch_size FROM tranche.batched_background_migration_jobs ORDER BY 1',
  )
  expect(sizes).toEqual([{ batch_size: 10 }, { batch_size: 25 }])
  const events = await bundle.engine.events(bundle.migrationId)
  expect(events.find(({ kind }) => kind === 'set')?.details).toMatchObject({ batchSize: 25, pauseMs: 1 })
})

async function decisions({ engine, migrationId }: Queued): Promise<readonly TrackedEvent['details'][]> {
  const events = await engine.events(migrationId)
  return events.filter(({ kind }) => kind === 'optimize').map(({ details }) => details)
}

/** Runs `count` jobs, then makes all jobs so far have taken so long, and the next one due. */
async function afterJobsOf(
  { engine, query, migrationId }: Queued,
  { count, seconds }: { readonly count: number; readonly seconds: number },
): Promise<void> {
  if (count > 0) await engine.run(migrationId, { maxJobs: count, force: true })
  await query(
    `UPDATE tranche.batched_background_migration_jobs
        SET started_at = clock_timestamp() - interval '1 hour', finished_at = clock_timestamp() - interval '1 hour' + make_interval(secs => $1)`,
    [seconds],
  )
}
