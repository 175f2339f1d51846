/** What a page reads of our sessions in the target: who works, who waits, and for whom. */
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { queue, setupPage } from '../support/console-page.ts'

it('names the session that keeps a sub-batch waiting, and what it is doing', async () => {
  const { page, database } = await setupPage()
  const { call, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers', { batchSize: 50, subBatchSize: 10, pauseMs: 0 })
  const other = new pg.Client({ ...database.connection, application_name: 'somebody' })
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('BEGIN')
  await other.query('SELECT FROM numbers FOR UPDATE')
  const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')

  await call('run.start', { connectionId, migrationId })

  const blocked = async () =>
    (await call('connections.sessions', { connectionId })).sessions.find((session) => session.blocked !== null)
  await expect.poll(blocked).toBeDefined()
  expect(await blocked()).toMatchObject({
    application: expect.stringMatching(/^tranche\//) as string,
    blocked: {
      by: [{ pid: rows[0]?.pid, application: 'somebody', state: 'idle in transaction', isOurs: false }],
    },
  })
  await other.query('ROLLBACK')
  await page.replica.until(() => page.replica.migration(connectionId, migrationId)?.state.status === 'finished')
})
