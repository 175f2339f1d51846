/** What is seen of schedulers, and of what an active migration waits for. */
import { expect, it } from 'vitest'
import { headlineOf } from '../../src/shared/describe-migration.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitEvery } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { queued } from '../support/queued.ts'
import { raced } from '../support/raced.ts'
import { until } from '../support/until.ts'

async function kinds({ query }: Bundle): Promise<string[]> {
  return (await query<{ kind: string }>('SELECT kind FROM tranche.events ORDER BY id')).map(({ kind }) => kind)
}

it('a scheduler is seen with its host and pid, and what it waits for; it is gone when it ended', async () => {
  const bundle = await queued(300, hitEvery({ batchSize: 100 }))
  const { engine, migrationId } = bundle
  expect(headlineOf(await engine.get(migrationId))).toContain('nobody drives it now')
  const stop = new AbortController()
  const working = engine.work({ signal: stop.signal })
  await until(async () => (await engine.get(migrationId)).jobs.succeeded === 1)
  await until(async () => (await engine.get(migrationId)).runners.length === 0)

  const { schedule, ...state } = await bundle.another().get(migrationId)
  expect(schedule).toMatchObject({ isOn: true, tableHeldBy: null, schedulers: [{ pid: process.pid, isLive: true }] })
  expect(schedule.dueInSeconds).toBeGreaterThan(60)
  expect(headlineOf({ ...state, schedule })).toMatch(
    /^Active; .+ begins its next job in 1 m \d\d s \(interval 2 m 00 s\)/,
  )
  stop.abort()
  await working
  expect((await engine.get(migrationId)).schedule.schedulers).toEqual([])
  expect(await kinds(bundle)).toEqual(expect.arrayContaining(['work', 'work_ended']))
})

it('uninstalling is refused while a scheduler lives', async () => {
  const { engine, another, query } = await setup({})
  const stop = new AbortController()
  const working = engine.work({ signal: stop.signal })
  await until(async () => (await query('SELECT FROM tranche.runners')).length === 1)
  await expect(another().uninstall()).rejects.toMatchObject({
    code: 'table_busy',
    message: expect.stringContaining('schedules migrations right now') as string,
  })
  stop.abort()
  await working
  await another().uninstall()
})

it('a scheduler whose process died is removed by the next one', async () => {
  const { engine, query } = await queued(10)
  await query(
    `INSERT INTO tranche.runners (id, operator, host, pid, version, heartbeat_at)
     VALUES (gen_random_uuid(), 'ghost', 'elsewhere', 1, '0', now() - interval '1 day')`,
  )
  await query(`UPDATE tranche.batched_background_migrations SET status = 0`)
  const stop = new AbortController()
  const working = engine.work({ signal: stop.signal })
  const operators = (): Promise<unknown[]> => query('SELECT operator FROM tranche.runners')
  await until(async () => !JSON.stringify(await operators()).includes('ghost'))
  stop.abort()
  await working
})

it('nothing is begun while scheduling is switched off, and it goes on when it is on again', async () => {
  const bundle = await queued(10)
  const { engine, migrationId } = bundle
  await engine.setScheduling(false)
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 0 })
  expect((await engine.get(migrationId)).schedule.isOn).toBe(false)

  await bundle.another().setScheduling(true)

  expect(await engine.work({ once: true })).toEqual({ jobsRun: 1 })
  expect(await kinds(bundle)).toEqual(expect.arrayContaining(['scheduling_off', 'scheduling_on']))
})

it('a migration that waits for its table says which one writes it', async () => {
  const bundle = await raced(100, [hitEvery(), hitEvery({ jobClassName: 'Other' })])
  const { migration } = await bundle.engine.queue({ jobClassName: 'Other' })
  await joinedDrive(bundle.context(), bundle.migrationId)

  const state = await bundle.engine.get(migration.id)

  expect(state.schedule.tableHeldBy).toBe(bundle.migrationId)
  expect(headlineOf(state)).toContain(`Waiting for its table, which migration ${bundle.migrationId} writes now`)
})

it('the journal tells when a migration ended, and by which rule it failed', async () => {
  const bad = Array.from({ length: 26 }, (_, index) => 3 * (index * 10 + 1))
  const failing = await queued(500, hitEvery({ raisesOnBad: true, batchSize: 10 }), bad)
  expect(await failing.engine.run(failing.migrationId)).toMatchObject({
    reason: 'failed',
    failure: { rule: 'share', failed: 26, of: 50 },
  })
  const state = await failing.engine.get(failing.migrationId)
  expect(state.failure).toEqual({ rule: 'share', failed: 26, of: 50 })
  expect(headlineOf(state)).toContain('26 of the 50 jobs made since it was started failed, which is more than half')

  await failing.query('UPDATE items SET bad = false')
  await failing.engine.retry(failing.migrationId)
  expect(await failing.engine.run(failing.migrationId)).toMatchObject({ reason: 'finished', failure: null })
  const ends = (await failing.engine.events(failing.migrationId)).filter(({ kind }) => /^(finished|failed)$/.test(kind))
  expect(ends.map(({ kind, details }) => [kind, details])).toEqual([
    ['failed', { from: 'active', to: 'failed', rule: 'share', failed: 26, of: 50 }],
    ['finished', { from: 'active', to: 'finished', jobs: 50 }],
  ])
})

it('logs older than half a year are deleted by a scheduler, younger ones stay', async () => {
  const bundle = await queued(30, hitEvery({ batchSize: 10 }))
  const { engine, query, migrationId } = bundle
  await engine.run(migrationId)
  const table = 'tranche.batched_background_migration_job_transition_logs'
  await query(`UPDATE ${table} SET created_at = now() - interval '200 days' WHERE id <= 4`)

  await engine.work({ once: true })

  expect(await query(`SELECT min(id)::int AS first, count(*)::int FROM ${table}`)).toEqual([{ first: 5, count: 2 }])
})
