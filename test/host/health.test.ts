/** Health as a page has it: thresholds of a connection, holds, and runs that pass over them. */
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { DEFAULT_HEALTH } from '../../src/shared/health-settings.ts'
import { createClient } from '../../src/shared/contract.ts'
import type { ConsoleBundle } from '../support/console-setup.ts'
import { queue, setupPage } from '../support/console-page.ts'
import { openTransport } from '../support/transports.ts'

/** Any transaction of anybody is too long. */
const STRICT = { ...DEFAULT_HEALTH, maxTransactionSeconds: 0 }

async function beginTransaction({ database }: ConsoleBundle): Promise<void> {
  const client = new pg.Client(database.connection)
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT count(*) FROM public.numbers')
}

it('keeps thresholds with the connection, and they count at once', async () => {
  const bundle = await setupPage()
  const { page, backend, folder, another } = bundle
  const { call, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers')
  await beginTransaction(bundle)
  const signalNow = async (): Promise<string | undefined> =>
    (await call('migrations.health', { connectionId, migrationId })).readings.find(
      ({ indicator }) => indicator === 'long_transactions',
    )?.signal

  expect(await call('connections.health', { connectionId })).toEqual(DEFAULT_HEALTH)
  expect(await signalNow()).toBe('normal')
  expect(await call('connections.setHealth', { connectionId, health: STRICT })).toEqual(STRICT)
  expect(await signalNow()).toBe('stop')
  await expect(
    call('connections.setHealth', { connectionId, health: { ...STRICT, maxLagSeconds: -1 } }),
  ).rejects.toMatchObject({ code: 'bad_input' })

  await backend.close()
  const later = createClient((await openTransport('in-process', await another(folder))).transport)
  expect(await later('connections.health', { connectionId })).toEqual(STRICT)
})

it('tells a hold, ends it early when its threshold is raised, and goes on', async () => {
  const bundle = await setupPage()
  const { page } = bundle
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 100, subBatchSize: 100, pauseMs: 0 })
  await call('connections.setHealth', { connectionId, health: STRICT })
  await beginTransaction(bundle)
  await call('run.start', { connectionId, migrationId })
  await replica.until(() => replica.migration(connectionId, migrationId)?.state.hold?.indicator === 'long_transactions')
  expect(replica.migration(connectionId, migrationId)?.state.hold).toMatchObject({
    indicator: 'long_transactions',
    limit: 0,
    unit: 'seconds',
  })
  await call('connections.setHealth', { connectionId, health: DEFAULT_HEALTH })
  await replica.until(() => replica.migration(connectionId, migrationId)?.state.status === 'finished')
})

it('a forced run takes the place of the one that is on hold', async () => {
  const bundle = await setupPage()
  const { page } = bundle
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 100, subBatchSize: 100, pauseMs: 0 })
  await call('connections.setHealth', { connectionId, health: STRICT })
  await beginTransaction(bundle)
  const of = { connectionId, migrationId }
  const { runId } = await call('run.start', of)
  await replica.until(() => replica.migration(connectionId, migrationId)?.state.hold?.indicator === 'long_transactions')
  await expect(call('run.start', of)).rejects.toMatchObject({ code: 'already_running' })

  const forced = await call('run.start', { ...of, isForced: true })

  expect(forced.runId).not.toBe(runId)
  await replica.until(() => replica.migration(connectionId, migrationId)?.state.status === 'finished')
  const { items } = await call('history.runs', { connectionId })
  expect(items.map((run) => run.runId)).toEqual([forced.runId, runId])
})
