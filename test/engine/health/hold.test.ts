/** What a stop does: the hold, what is seen of it, its early end, its extension, and who may pass it over. */
import { describe, expect, it } from 'vitest'
import type { TrackedEvent } from '../../../src/engine/types.ts'
import type { HealthSettings } from '../../../src/shared/health-settings.ts'
import { defineBatchedMigration, sql } from '../../../src/catalogue/api.ts'
import { systemClock } from '../../../src/host/system/clock.ts'
import type { Clock } from '../../../src/engine/ports.ts'
import { AT_GATE, closeGate } from '../../support/gate.ts'
import { hitEvery, hitsTable } from '../../support/hits.ts'
import { setup } from '../../support/engine-setup.ts'
import { hits, queued } from '../../support/queued.ts'
import { begin, untilSomebodyWaits } from '../../support/raced.ts'
import { until } from '../../support/until.ts'

type Queued = Awaited<ReturnType<typeof queued>>

/** A snapshot of somebody else's is enough to say stop. */
const STRICT: Partial<HealthSettings> = { maxTransactionSeconds: 0, maxLockWaitSeconds: null, holdSeconds: 600 }

/** How often a run looks for sessions that wait for it. */
const WATCH_MS = 1_000

async function heldUp(
  health: Partial<HealthSettings> = STRICT,
): Promise<Queued & { readonly letGo: () => Promise<unknown> }> {
  const bundle = await queued(30, hitEvery({ batchSize: 10 }), [], {
    ports: { health, limits: { holdCheckMs: 200 } },
  })
  const session = await begin(
    bundle,
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'SELECT count(*) FROM public.items',
  )
  return { ...bundle, letGo: () => session.query('COMMIT') }
}

describe('a stop after a job', () => {
  it('puts the migration on hold: the status stays, and everybody sees which indicator, since when, value, limit and until when', async () => {
    const bundle = await heldUp()
    const { engine, migrationId } = bundle
    const stopping = new AbortController()
    const run = engine.run(migrationId, { signal: stopping.signal })
    const waiting = await bundle.until('run:waiting')
    stopping.abort()
    expect(await run).toMatchObject({ jobsRun: 1, reason: 'aborted' })

    const state = await engine.get(migrationId)
    expect(state).toMatchObject({
      status: 'active',
      hold: { indicator: 'long_transactions', limit: 0, unit: 'seconds', until: state.onHoldUntil },
    })
    const { since, until: end, value, reason } = state.hold ?? { since: null, until: '', value: null, reason: '' }
    expect(value).toBeGreaterThan(0)
    expect(Date.parse(end) - Date.parse(since ?? '')).toBe(600_000)
    expect(waiting.reason).toBe(
      `on hold until ${end.slice(0, 10)} ${end.slice(11, 19)} UTC: long transactions: ${reason}`,
    )
    const [event] = await eventsOf(bundle, 'hold')
    expect(event?.details).toMatchObject({ indicator: 'long_transactions', isLonger: false, holdSeconds: 600 })
    expect(event?.details.readings).toHaveLength(7)
  })

  it('ends early when the signal clears, is journaled, and the run goes on', async () => {
    const bundle = await heldUp()
    const { engine, migrationId, letGo } = bundle
    const run = engine.run(migrationId)
    await bundle.until('hold:began')
    await letGo()
    expect(await run).toMatchObject({ reason: 'finished', jobsRun: 3 })
    const [ended, ...others] = await eventsOf(bundle, 'hold_ended')
    expect(others).toEqual([])
    expect(ended?.details).toMatchObject({ indicator: 'long_transactions', isEarly: true })
    expect((await engine.get(migrationId)).hold).toBeNull()
  })

  it('is made longer when its time is over and the signal still says stop', async () => {
    const bundle = await heldUp({ ...STRICT, holdSeconds: 1 })
    const { engine, migrationId, letGo } = bundle
    const run = engine.run(migrationId)
    const first = await bundle.until('hold:began')
    const second = await bundle.until('hold:began')
    expect(second).toMatchObject({ since: first.since, indicator: 'long_transactions' })
    expect(Date.parse(second.until)).toBeGreaterThan(Date.parse(first.until))
    await letGo()
    expect(await run).toMatchObject({ reason: 'finished', jobsRun: 3 })
  })

  it('does not keep a migration from finishing when nothing is left to do', async () => {
    const { engine, migrationId } = await heldUp()
    await engine.run(migrationId, { maxJobs: 2, force: true })
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', jobsRun: 1 })
  })

  it('is passed over by a forced run, which says so in the journal', async () => {
    const bundle = await heldUp()
    const { engine, migrationId } = bundle
    await bundle.query(`UPDATE tranche.batched_background_migrations SET on_hold_until = now() + interval '1 hour'`)
    expect(await engine.run(migrationId, { force: true })).toMatchObject({ reason: 'finished' })
    expect(await eventsOf(bundle, 'hold')).toEqual([])
    expect((await eventsOf(bundle, 'run'))[0]?.details).toMatchObject({ force: true })
  })

  it('overrides the optimizer', async () => {
    const bundle = await queued(300, hitEvery({ batchSize: 10 }), [], { ports: { health: STRICT } })
    const { engine, migrationId, query } = bundle
    await engine.run(migrationId, { maxJobs: 20, force: true })
    await query(`UPDATE tranche.batched_background_migration_jobs SET started_at = started_at - interval '1 hour'`)
    await begin(bundle, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM public.items')
    await engine.run(migrationId, { paced: true, maxJobs: 1 })
    expect(await eventsOf(bundle, 'hold')).toHaveLength(1)
    expect(await eventsOf(bundle, 'optimize')).toEqual([])
  })
})

it('a hold that somebody set by hand is waited out, whatever the indicators say', async () => {
  const { engine, migrationId, query } = await queued(30)
  await query(`UPDATE tranche.batched_background_migrations SET on_hold_until = now() + interval '1 hour'`)
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 0 })
  expect((await engine.get(migrationId)).hold).toMatchObject({ indicator: null, since: null })
})

it('finalizing consults the indicators too, unless it is forced', async () => {
  const bundle = await heldUp()
  const { engine, migrationId } = bundle
  const finalizing = engine.finalize(migrationId)
  expect(await bundle.until('hold:began')).toMatchObject({ indicator: 'long_transactions' })
  expect(await engine.get(migrationId)).toMatchObject({ status: 'finalizing' })
  await engine.pause(migrationId)
  await expect(finalizing).rejects.toMatchObject({ code: 'stopped' })

  expect(await engine.finalize(migrationId, { force: true })).toMatchObject({ migration: { status: 'finalized' } })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 30 }])
})

describe('work', () => {
  it('leaves held migrations alone, and goes on with them when the signal clears', async () => {
    const bundle = await heldUp()
    const { engine, migrationId, letGo } = bundle
    await engine.set(migrationId, { intervalSeconds: 0 })
    const stopping = new AbortController()
    const working = engine.work({ signal: stopping.signal })
    await bundle.until('hold:began')
    await letGo()
    await until(async () => (await engine.get(migrationId)).status === 'finished')
    stopping.abort()
    expect(await working).toEqual({ jobsRun: 3 })
    expect((await eventsOf(bundle, 'hold_ended'))[0]?.details).toMatchObject({ isEarly: true })
  })
})

it('a session that waits for a lock of ours is seen while the job runs, and holds the migration', async () => {
  const slow = defineBatchedMigration({
    jobClassName: 'Slow',
    description: 'Keeps its rows locked until the test lets it go.',
    table: 'items',
    column: 'id',
    batchSize: 5,
    subBatchSize: 5,
    pauseMs: 0,
    perform: ({ subBatch }) => sql`WITH written AS (UPDATE items SET hits = hits + 1 WHERE ${subBatch} RETURNING id)
                                   SELECT ${AT_GATE} FROM (SELECT max(id) FROM written) AS one`,
  })
  const watched = countingClock(WATCH_MS)
  const ports = { health: { maxLockWaitSeconds: 1 }, limits: { statementTimeoutMs: 60_000 }, clock: watched.clock }
  const bundle = await setup({ schema: hitsTable(10), definitions: [slow], ports })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Slow' })
  const application = await bundle.database.connect({ applicationName: 'shop' })
  const gate = await closeGate(bundle.database)
  const stopping = new AbortController()
  const run = bundle.engine.run(migration.id, { signal: stopping.signal })
  const held = bundle.until('hold:began')
  await gate.reached()
  const update = application.query('UPDATE public.items SET hits = hits WHERE id = 3')
  await untilSomebodyWaits(bundle, 2)
  // The watcher looks once a second, and what it asked before may be on its way.
  await watched.untilSlept(3)
  await gate.open()
  await update
  const hold = await held
  stopping.abort()
  await run
  expect(hold).toMatchObject({ indicator: 'lock_waits', limit: 1, unit: 'seconds' })
  expect(hold.reason).toMatch(/^session \d+ "shop" waited .* for a lock of ours \(limit 1\.00 s\)$/)
})

/** Real time, and when so many more sleeps of one length are over. */
function countingClock(lengthMs: number): { clock: Clock; untilSlept: (times: number) => Promise<void> } {
  let slept = 0
  const clock: Clock = {
    ...systemClock,
    sleep: async (milliseconds, signal) => {
      await systemClock.sleep(milliseconds, signal)
      if (milliseconds === lengthMs) slept += 1
    },
  }
  const untilSlept = (times: number): Promise<void> => {
    const enough = slept + times
    return until(async () => slept >= enough)
  }
  return { clock, untilSlept }
}

async function eventsOf({ engine, migrationId }: Queued, kind: string): Promise<readonly TrackedEvent[]> {
  return (await engine.events(migrationId)).filter((event) => event.kind === kind)
}
