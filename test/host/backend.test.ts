/** What a console shows of runs: its own, those of others, and what becomes of them when the target is lost. */
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import { openPage, queue, setupPage } from '../support/console-page.ts'
import { setupConsole, urlOf } from '../support/console-setup.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { isOver, openReplica } from '../support/replica.ts'
import { openTransport } from '../support/transports.ts'

it('shows a run of another console, which it pauses', async () => {
  const { page, another, url } = await setupPage()
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 20, subBatchSize: 2, pauseMs: 20 })
  const other = await openPage(await another(), url)
  const of = { connectionId: other.connectionId, migrationId }
  await other.call('migrations.watch', of)

  await page.call('run.start', { connectionId: page.connectionId, migrationId })

  const theirs = () => other.replica.migration(other.connectionId, migrationId)?.state
  await other.replica.until(
    () => theirs()?.runners.some(({ isLive }) => isLive) === true && theirs()?.rows.scanned !== 0,
  )
  await other.replica.until(() => other.replica.events.some(({ kind }) => kind === 'jobs'))
  await other.call('migrations.pause', of)
  await page.replica.until(() => {
    const end = page.replica.migration(page.connectionId, migrationId)?.run?.end
    return typeof end === 'object' && end !== null && 'outcome' in end && end.outcome.reason === 'paused'
  })
  await other.replica.until(() => theirs()?.runners.length === 0)
  expect(theirs()?.status).toBe('paused')
})

it('goes on with a run when its page is gone, and shows it to the next page', async () => {
  const { page, backend, database } = await setupPage()
  const { connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 50, subBatchSize: 5, pauseMs: 5 })
  const { transport } = await openTransport('MessagePort', backend)
  const leaving = createClient(transport)
  await leaving('migrations.watch', { connectionId, migrationId })
  const { runId } = await leaving('run.start', { connectionId, migrationId })

  backend.clientGone('whoever that was')
  const next = await openReplica((await openTransport('in-process', backend)).transport, page.call)

  await next.until(() => next.migration(connectionId, migrationId)?.run?.runId === runId)
  await next.until(() => next.migration(connectionId, migrationId)?.state.status === 'finished')
  const [counted] = await database.query<{ open: string }>('SELECT count(*) AS open FROM numbers WHERE doubled IS NULL')
  expect(counted?.open).toBe('0')
})

it('stops a run after its sub-batch, and runs it to the end later', async () => {
  const { page } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 50, subBatchSize: 5, pauseMs: 20 })
  const of = { connectionId, migrationId }
  const view = () => replica.migration(connectionId, migrationId)
  await call('run.start', of)
  await replica.until(() => (view()?.run?.progress?.rows.scanned ?? 0) > 0)
  await expect(call('run.start', of)).rejects.toMatchObject({ code: 'already_running' })

  await call('run.stop', of)

  await replica.until(() => isOver(view()))
  expect(view()?.run?.end).toMatchObject({ outcome: { reason: 'aborted' } })
  expect(await call('migrations.get', of)).toMatchObject({ status: 'active', runners: [] })
  await expect(call('run.stop', of)).rejects.toMatchObject({ code: 'not_running' })
  await call('migrations.set', { ...of, pauseMs: 0 })
  const { runId } = await call('run.start', { ...of, parallel: 2 })
  await replica.until(() => view()?.run?.runId === runId && isOver(view()))
  expect(view()?.state.status).toBe('finished')
  const { items } = await call('history.runs', {})
  expect(items.map(({ reason, isOver }) => [reason, isOver])).toEqual([
    ['finished', true],
    ['aborted', true],
  ])
})

it('answers a run that is refused with the reason', async () => {
  const { page } = await setupPage()
  const migrationId = await queue(page, 'DoubleNumbers', { isPaused: true })
  const of = { connectionId: page.connectionId, migrationId }

  await expect(page.call('run.start', of)).rejects.toMatchObject({ code: 'migration_paused' })

  await page.call('migrations.resume', of)
  await page.call('run.start', of)
})

it('shows failures with their errors, and gives attempts back', async () => {
  const { page, database } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'RefuseSevens', { jobArguments: [707] })
  const of = { connectionId, migrationId }
  const view = () => replica.migration(connectionId, migrationId)

  await call('run.start', of)
  await replica.until(() => view()?.state.status === 'failed')

  const { groups, jobs } = await call('failures.list', of)
  expect(groups.map(({ exceptionClass, jobCount, count }) => ({ exceptionClass, jobCount, count }))).toMatchObject([
    { jobCount: 1, count: 3 },
  ])
  const jobId = jobs[0]?.job.id ?? ''
  const detail = await call('jobs.get', { ...of, jobId })
  expect(detail).toMatchObject({ isBlocked: true, job: { minValue: '701', maxValue: '800', attempts: 3 } })
  expect(detail.log.filter(({ nextStatus }) => nextStatus === 'failed').map((each) => each.exceptionMessage)).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining('division by zero') as string),
  )
  await replica.until(() =>
    replica.events.some((event) => event.kind === 'log' && event.entries.some(({ kind }) => kind === 'job_failed')),
  )
  const { items } = await call('events.page', { ...of, only: 'failures' })
  expect(items.filter(({ kind }) => kind === 'job_failed')).toHaveLength(3)

  await database.query('DELETE FROM numbers WHERE id = 707')
  expect(await call('migrations.retry', { ...of, jobId })).toMatchObject({ retried: 1 })
  await call('run.start', of)
  await replica.until(() => view()?.state.status === 'finished')
})

it('finalizes with a ticket once, of this migration, and only with it', async () => {
  const { page, database } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers')
  const of = { connectionId, migrationId }

  await expect(call('finalize.submit', { ...of, nonce: 'made up' })).rejects.toMatchObject({
    code: 'confirmation_expired',
  })
  const { nonce, phrase, confirmation } = await call('finalize.begin', of)
  expect({ phrase, confirmation }).toEqual({ phrase: null, confirmation: 'plain' })
  await call('finalize.submit', { ...of, nonce })
  await replica.until(() => replica.migration(connectionId, migrationId)?.proving?.kind === 'done')
  expect(replica.migration(connectionId, migrationId)?.proving).toMatchObject({
    outcome: { migration: { status: 'finalized' }, afterStatements: [{ statement: 'ANALYZE numbers' }] },
  })
  await expect(call('finalize.submit', { ...of, nonce })).rejects.toMatchObject({ code: 'confirmation_expired' })
  const [row] = await database.query<{ status: number }>('SELECT status FROM tranche.batched_background_migrations')
  expect(row?.status).toBe(6)
})

it('says that the target is lost, comes back by itself, and finishes what it was running', async () => {
  const { backend, connection, database } = await setupConsole()
  let proxy = await startCuttingProxy(connection)
  const { port } = proxy
  onTestFinished(() => proxy.close())
  const page = await openPage(backend, urlOf({ ...connection, host: '127.0.0.1', port }))
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 100, subBatchSize: 5, pauseMs: 10 })
  await call('migrations.watch', { connectionId, migrationId })
  await call('run.start', { connectionId, migrationId })
  const view = () => replica.migration(connectionId, migrationId)
  await replica.until(() => (view()?.run?.progress?.rows.scanned ?? 0) > 0)

  await proxy.close()

  await replica.until(({ targets }) => targets[connectionId]?.link.kind === 'lost')
  await replica.until(() => view()?.run?.isInDoubt === true)
  await expect(call('migrations.get', { connectionId, migrationId })).rejects.toMatchObject({ code: 'target_lost' })
  const offline = await call('history.migrations', { connectionId })
  expect(offline.items.map(({ state }) => state.id)).toEqual([migrationId])
  proxy = await startCuttingProxy({ ...connection, listenOn: port })
  await replica.until(({ targets }) => targets[connectionId]?.link.kind === 'connected')
  await replica.until(() => view()?.state.status === 'finished')
  const [counted] = await database.query<{ done: string; scanned: string }>(
    `SELECT (SELECT count(*) FROM numbers WHERE doubled = id * 2) AS done,
            (SELECT sum(scanned) FROM tranche.job_progress) AS scanned`,
  )
  expect(counted).toEqual({ done: '1000', scanned: '1000' })
  const { items } = await call('events.page', { connectionId, migrationId })
  expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['connection_lost', 'connection_back']))
})

it('switches scheduling off and on, for schedulers everywhere', async () => {
  const { page } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers')
  const isOn = () => replica.migration(connectionId, migrationId)?.state.schedule.isOn

  await call('schedule.switch', { connectionId, isOn: false })
  await replica.until(() => isOn() === false)
  await call('schedule.switch', { connectionId, isOn: true })
  await replica.until(() => isOn() === true)
})

it('drives all active migrations while the schedule is on', async () => {
  const { page, database } = await setupPage()
  const { call, replica, connectionId } = page
  const queued = [await queue(page, 'DoubleNumbers'), await queue(page, 'RefuseSevens', { jobArguments: [5_000] })]

  await call('schedule.start', { connectionId })

  await replica.until(() =>
    queued.every((migrationId) => replica.migration(connectionId, migrationId)?.state.status === 'finished'),
  )
  await call('schedule.stop', { connectionId })
  await replica.until(({ targets }) => targets[connectionId]?.schedule.kind === 'off')
  const [counted] = await database.query(
    `SELECT (SELECT count(*)::int FROM numbers WHERE doubled = id * 2 AND quotient = 1000 / (id - 5000)) AS done,
            (SELECT count(*)::int FROM tranche.runners) AS runners`,
  )
  expect(counted).toEqual({ done: 1_000, runners: 0 })
  await expect(call('schedule.stop', { connectionId })).rejects.toMatchObject({ code: 'not_running' })
})
