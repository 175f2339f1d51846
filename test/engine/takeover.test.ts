/** Who counts as dead, and what happens to what the dead held. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { isHeldByOthers } from '../../src/engine/held-by-others.ts'
import type { Identity } from '../../src/engine/ports.ts'
import { systemIdentity } from '../../src/host/system/identity.ts'
import { processStart } from '../../src/host/system/process-table.ts'
import { deadIdentity } from '../support/dead-process.ts'
import { joinedDrive } from '../support/internals.ts'
import { claimed, hits, raced } from '../support/raced.ts'

it('a run that waits for another runner’s last job takes it over as soon as that one dies', async () => {
  const bundle = await raced(40)
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(other, 'spawn')
  const pid = other.pid ?? 0
  const alive: Identity = { ...systemIdentity('0.0.0-test'), operator: 'other', pid, pidStart: processStart(pid) }
  const holder = bundle.context(alive)
  await claimed(holder, await joinedDrive(holder, bundle.migrationId))
  const waiting = bundle.until('run:waiting')
  const running = bundle.engine.run(bundle.migrationId)

  expect(await waiting).toMatchObject({ reason: 'other runners hold the jobs that are left' })
  other.kill('SIGKILL')
  await once(other, 'exit')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect(bundle.heard.find(({ name }) => name === 'job:taken_over')?.event).toMatchObject({
    fromRunner: expect.stringContaining('other on') as string,
  })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 40 }])
})

it('waits for other runners only where one of them is at a job', async () => {
  const bundle = await raced(40)
  const context = bundle.context()
  const [own, other] = [
    await joinedDrive(context, bundle.migrationId),
    await joinedDrive(bundle.context(), bundle.migrationId),
  ]
  await claimed(context, own)
  expect(await isHeldByOthers(context, own)).toBe(false)
  expect(await isHeldByOthers(context, other)).toBe(true)
})

it('a process of another boot, container or host is judged by its heartbeat alone', async () => {
  const dead = await deadIdentity()
  const strangers: Identity[] = [
    { ...dead, host: 'elsewhere' },
    { ...dead, bootId: 'another boot' },
    { ...dead, pidNamespace: 'pid:[1]' },
    { ...dead, bootId: null },
    { ...dead, pidStart: null },
  ]
  const bundle = await raced()
  for (const stranger of strangers) await joinedDrive(bundle.context(stranger), bundle.migrationId)

  const { runners } = await bundle.engine.get(bundle.migrationId)

  expect(runners.map(({ isLive }) => isLive)).toEqual([true, true, true, true, true])
})

it('a pid that belongs to another process by now is the same as a gone one', async () => {
  const bundle = await raced()
  const reused: Identity = { ...systemIdentity('0.0.0-test'), pidStart: '1' }

  await joinedDrive(bundle.context(reused), bundle.migrationId)

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ runners: [{ isLive: false }] })
})

it('pending jobs come before new ranges', async () => {
  const bundle = await raced(60)
  const ghost = bundle.context(await deadIdentity())
  const { jobId } = await claimed(ghost, await joinedDrive(ghost, bundle.migrationId))

  await bundle.engine.run(bundle.migrationId)

  const started = bundle.heard.filter(({ name }) => name === 'job:started').map(({ event }) => event)
  expect(started[0]).toMatchObject({ jobId, attempt: 1 })
})

it('the last job answers for a rest whose rows were deleted', async () => {
  const bundle = await raced(60)
  await bundle.engine.run(bundle.migrationId, { maxJobs: 2 })
  await bundle.query('DELETE FROM items WHERE id > 120')

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', jobsRun: 0 })

  expect(await bundle.engine.verify(bundle.migrationId)).toMatchObject({ holds: true })
  expect(await bundle.query('SELECT planned_to FROM tranche.job_progress ORDER BY job_id DESC LIMIT 1')).toEqual([
    { planned_to: ['180'] },
  ])
})
