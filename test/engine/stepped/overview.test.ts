/** What the list says of migrations, beside their statuses: what they wait for, and who agreed to what. */
import { expect, test } from 'vitest'
import { defineSteppedMigration, dropTable, sql } from '../../../src/catalogue/api.ts'
import { counting, FIRST, SECOND, setupStepped } from '../../support/stepped.ts'

const dropNotes = defineSteppedMigration({
  version: FIRST,
  skip: async ({ query }) =>
    (await query(sql`SELECT to_regclass('public.old_notes') IS NULL AS is_gone`)).rows[0]?.is_gone === true,
  operations: [dropTable('old_notes', { why: 'its rows are elsewhere', before: [] })],
})

test('a drop waits for approval until somebody agrees, and no longer once there is nothing to drop', async () => {
  const bundle = await setupStepped([dropNotes])
  const { engine, query } = bundle
  const drop = async (): Promise<unknown> => {
    const { migrations } = await engine.stepped.list()
    const [{ status, skippedBy, needsApproval, approved } = {}] = migrations
    return { status, skippedBy, isWaiting: needsApproval !== null, isApproved: approved !== null }
  }
  await query('CREATE TABLE public.old_notes (id int)')
  expect(await drop()).toEqual({ status: null, skippedBy: null, isWaiting: true, isApproved: false })
  await engine.stepped.work({ once: true })
  expect(await drop()).toEqual({ status: 'skipped', skippedBy: 'gate', isWaiting: true, isApproved: false })
  await engine.stepped.approve(FIRST)
  expect(await drop()).toEqual({ status: 'pending', skippedBy: null, isWaiting: false, isApproved: true })
  await engine.stepped.work({ once: true })
  expect(await drop()).toEqual({ status: 'completed', skippedBy: null, isWaiting: false, isApproved: true })
  await engine.stepped.reset(FIRST)
  expect(await drop()).toEqual({ status: 'pending', skippedBy: null, isWaiting: true, isApproved: false })
  await engine.stepped.work({ once: true })
  expect(await drop()).toEqual({ status: 'skipped', skippedBy: 'definition', isWaiting: false, isApproved: false })
})

test('every run is known by the newest line of the log, and the last run until somebody changes something', async () => {
  const { engine } = await setupStepped([counting(FIRST, 'one')])
  const newest = async (): Promise<number> => Number((await engine.stepped.list()).newestLogId)
  expect((await engine.stepped.list()).lastRun).toBeNull()
  await engine.stepped.work({ toEnd: true })
  const before = await newest()
  await engine.stepped.work({ once: true })
  expect(await newest()).toBeGreaterThan(before)
  expect((await engine.stepped.list()).lastRun).toMatchObject({ message: 'no pending migrations' })
  await engine.stepped.connect({ name: 'another' })
  expect((await engine.stepped.list()).lastRun).toBeNull()
})

test('what was skipped does not keep the error of its last try', async () => {
  const { engine, query } = await setupStepped([counting(FIRST, 'one'), counting(SECOND, 'two')])
  await query('ALTER TABLE public.runs RENAME TO other')
  await engine.stepped.work({ once: true })
  expect((await engine.stepped.list()).migrations[0]?.errorMessage).toContain('runs')
  await engine.stepped.skip(FIRST, 'not here')
  expect((await engine.stepped.list()).migrations[0]).toMatchObject({ errorMessage: null, skippedBy: 'operator' })
})
