/** Which statements a run sends, as they are seen on the wire. */
import { expect, it } from 'vitest'
import { farEngine } from '../support/far-engine.ts'
import { hitEvery } from '../support/hits.ts'
import { hits, queued } from '../support/queued.ts'
import { type Executed, startRecordingProxy } from '../support/recording-proxy.ts'

const JOBS = 10
const ROWS = 20 * JOBS

/** What a whole run of ten jobs sends, two sub-batches each, through one lane. */
async function recorded(options: { readonly isPooler: boolean }): Promise<readonly Executed[]> {
  const definition = hitEvery({ batchSize: 20, subBatchSize: 10 })
  const bundle = await queued(ROWS, definition)
  const proxy = await startRecordingProxy(bundle.database.connection, options)
  const engine = farEngine(bundle.database, proxy.port, [definition])
  expect(await engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', jobsRun: JOBS })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: ROWS }])
  return proxy.executed
}

/** But for heartbeats, which come by the clock. */
const ofTracking = ({ text }: Executed): boolean => text.includes('"tranche"') && !text.includes('heartbeat_at =')
const isGuardOrProgress = ({ text }: Executed): boolean =>
  /"guard_sub_batch"|^UPDATE "tranche"\."job_progress"\s+SET "cursor"/.test(text)

it('a job is written twice, when it is made and when it ends, and what is read for it travels in one flight', async () => {
  const executed = await recorded({ isPooler: false })
  const tracking = executed.filter((each) => ofTracking(each) && !isGuardOrProgress(each))
  const ofJobs = tracking.filter(({ text }) => text.includes('"batched_background_migration_jobs"'))

  const made = ofJobs.filter(({ text }) => text.includes('INSERT INTO "tranche"."batched_background_migration_jobs"'))
  const ended = ofJobs.filter(({ text }) => text.includes('UPDATE "tranche"."batched_background_migration_jobs"'))
  expect({ made: made.length, ended: ended.length }).toEqual({ made: JOBS, ended: JOBS })

  // Between the end of a job and the next one, where nothing but jobs is going on: one flight of reads.
  const flights = ended.slice(0, -1).map((end, index) => {
    const until = made[index + 1]?.flight ?? 0
    const between = tracking.filter(({ flight }) => flight > end.flight && flight < until)
    return { writes: between.filter(({ text }) => !text.startsWith('SELECT')).length, flights: flightsOf(between) }
  })
  expect(new Set(flights.map((each) => JSON.stringify(each)))).toEqual(new Set(['{"writes":0,"flights":1}']))
})

it('the statements of sub-batches are prepared on a direct connection', async () => {
  const executed = await recorded({ isPooler: false })
  const guards = executed.filter(({ text }) => text.includes('"guard_sub_batch"'))
  const named = guards.filter(({ name }) => name !== '')
  expect(named).toHaveLength(2 * JOBS)
  expect(new Set(named.map(({ name }) => name)).size).toBe(1)
})

it('behind a pooler no statement has a name', async () => {
  const executed = await recorded({ isPooler: true })
  expect(executed.filter(({ name }) => name !== '')).toEqual([])
})

function flightsOf(executed: readonly Executed[]): number {
  return new Set(executed.map(({ flight }) => flight)).size
}
