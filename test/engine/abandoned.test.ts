/** A finalizer that was killed leaves the status finalizing behind; whoever looks next puts the former status back. */
import { expect, it } from 'vitest'
import type { MigrationStatus } from '../../src/shared/status.ts'
import { MIGRATION_STATUS_CODES } from '../../src/shared/status.ts'
import type { Identity } from '../../src/engine/ports.ts'
import { systemIdentity } from '../../src/host/system/identity.ts'
import { deadIdentity } from '../support/dead-process.ts'
import { hits, queued } from '../support/queued.ts'
import { registerFinalizer } from '../support/register-finalizer.ts'
import { until } from '../support/until.ts'

/** As a kill -9 in the middle of finalizing leaves it. */
async function finalizing(from: MigrationStatus, who: Identity): Promise<Awaited<ReturnType<typeof queued>>> {
  const bundle = await queued(30)
  const { query, migrationId } = bundle
  await query('UPDATE tranche.migration_details SET finalizing_from = $1', [MIGRATION_STATUS_CODES[from]])
  await query('UPDATE tranche.batched_background_migrations SET status = 5')
  await registerFinalizer(query, migrationId, who)
  return bundle
}

it('work takes up what a killed finalizer left behind', async () => {
  const bundle = await finalizing('active', await deadIdentity())
  const stop = new AbortController()
  const working = bundle.engine.work({ signal: stop.signal })

  await until(async () => (await bundle.engine.get(bundle.migrationId)).status === 'finished')
  stop.abort()

  expect(await working).toEqual({ jobsRun: 1 })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 30 }])
  expect((await bundle.engine.events(bundle.migrationId)).map(({ kind, details }) => [kind, details])).toContainEqual([
    'finalizing_ended',
    { from: 'finalizing', to: 'active' },
  ])
})

it('wait ends where its status would have ended it', async () => {
  const { engine, migrationId } = await finalizing('paused', await deadIdentity())

  expect(await engine.wait(migrationId, {})).toMatchObject({ status: 'paused' })
})

it('a paused one is resumed, a failed one retried, and either is requeued', async () => {
  const dead = await deadIdentity()
  const paused = await finalizing('paused', dead)
  expect(await paused.engine.resume(paused.migrationId)).toMatchObject({ status: 'active' })
  const failed = await finalizing('failed', dead)
  expect(await failed.engine.retry(failed.migrationId)).toMatchObject({ migration: { status: 'active' } })
  const other = await finalizing('failed', dead)
  expect(await other.engine.requeue(other.migrationId)).toMatchObject({ migration: { status: 'active' } })
})

it('nobody puts back what a live finalizer is at', async () => {
  const { engine, migrationId } = await finalizing('paused', systemIdentity('0.0.0-test'))

  await expect(engine.wait(migrationId, { timeoutSeconds: 1 })).rejects.toMatchObject({ code: 'wait_timeout' })
  await expect(engine.resume(migrationId)).rejects.toMatchObject({ code: 'illegal_transition' })
  await expect(engine.requeue(migrationId)).rejects.toMatchObject({ code: 'illegal_transition' })
  await expect(engine.retry(migrationId, { size: 'half' })).rejects.toMatchObject({ code: 'illegal_transition' })
  expect(await engine.get(migrationId)).toMatchObject({ status: 'finalizing' })
})
