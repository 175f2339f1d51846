import { expect, it } from 'vitest'
import { systemClock } from '../../src/host/system/clock.ts'
import type { Clock } from '../../src/engine/ports.ts'
import { hitEvery } from '../support/hits.ts'
import { hits, jobs, queued } from '../support/queued.ts'

const PAUSE_MS = 77_777

/** Real time, but for the pauses between sub-batches: those are handed over. */
function clockWith(onPause: (signal: AbortSignal | undefined) => Promise<void>): Clock {
  return {
    ...systemClock,
    sleep: (milliseconds, signal) =>
      milliseconds === PAUSE_MS ? onPause(signal) : systemClock.sleep(milliseconds, signal),
  }
}

it('rests behind every sub-batch, a job’s last one too, and holds no transaction meanwhile', async () => {
  const bundle = await queued(25, hitEvery({ batchSize: 5, subBatchSize: 5, pauseMs: PAUSE_MS }))
  const open: number[] = []
  const runner = bundle.another({
    clock: clockWith(async () => {
      const [row] = await bundle.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'tranche test' AND xact_start IS NOT NULL
            AND state = 'idle in transaction'`,
      )
      open.push(row?.open ?? -1)
    }),
  })

  expect(await runner.run(bundle.migrationId)).toMatchObject({ reason: 'finished', jobsRun: 5 })
  expect(open).toEqual([0, 0, 0, 0, 0])
})

it('a pause by somebody takes effect in the rest between two jobs', async () => {
  const bundle = await queued(25, hitEvery({ batchSize: 5, subBatchSize: 5, pauseMs: PAUSE_MS }))
  const runner = bundle.another({
    clock: clockWith(async () => {
      await bundle.engine.pause(bundle.migrationId)
    }),
  })

  expect(await runner.run(bundle.migrationId)).toMatchObject({ reason: 'paused', jobsRun: 1 })
  expect(await jobs(bundle)).toMatchObject([{ status: 3 }])
})

it('a stop ends the rest between two jobs at once, and nothing more is begun', async () => {
  const bundle = await queued(25, hitEvery({ batchSize: 5, subBatchSize: 5, pauseMs: PAUSE_MS }))
  const stop = new AbortController()
  const runner = bundle.another({
    clock: clockWith((signal) => {
      const sleeping = systemClock.sleep(PAUSE_MS, signal)
      stop.abort()
      return sleeping
    }),
  })

  expect(await runner.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({ reason: 'aborted', jobsRun: 1 })
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 20 },
    { hits: 1, count: 5 },
  ])
})
