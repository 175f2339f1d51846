/** Requeueing and deleting from a page: each wants a ticket of its own, and the screen follows. */
import { expect, it } from 'vitest'
import { queue, setupPage } from '../support/console-page.ts'

it('requeues and deletes with a ticket, once, and takes the old one from the screen', async () => {
  const { page } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 500, subBatchSize: 100, pauseMs: 0 })
  const of = { connectionId, migrationId }
  await call('migrations.watch', of)

  const wrong = await call('migrations.beginRemoval', { ...of, verb: 'delete' })
  await expect(call('migrations.requeue', { ...of, nonce: wrong.nonce })).rejects.toMatchObject({
    code: 'confirmation_expired',
  })
  const { nonce } = await call('migrations.beginRemoval', { ...of, verb: 'requeue' })
  const { archived, migration } = await call('migrations.requeue', { ...of, nonce })
  expect(archived).toMatchObject({ id: migrationId, reason: 'requeued', requeuedAs: migration.id })
  await expect(call('migrations.requeue', { ...of, nonce })).rejects.toMatchObject({ code: 'unknown_migration' })
  await replica.until(() => replica.migration(connectionId, migration.id)?.state.status === 'active')
  await replica.until(() => replica.migration(connectionId, migrationId) === undefined)

  const next = { connectionId, migrationId: migration.id }
  const ticket = await call('migrations.beginRemoval', { ...next, verb: 'delete' })
  expect(await call('migrations.delete', { ...next, nonce: ticket.nonce })).toMatchObject({ reason: 'deleted' })
  await replica.until(() => replica.migration(connectionId, migration.id) === undefined)
  expect((await call('migrations.archived', { connectionId })).map(({ id, reason }) => [id, reason])).toEqual([
    [migrationId, 'requeued'],
    [migration.id, 'deleted'],
  ])
})
