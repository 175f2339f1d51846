/** The tour as people take it: the real program, in a process of its own. Its practice database is one of the test's. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { expect, inject, it, onTestFinished } from 'vitest'
import { TOUR_COUNTS } from '../../../src/host/tour/count-on-target.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url))
const ROWS = 2_000
// Each migration of the tour, those of ci too: they share the one database that was named.
const ALL_FINALIZED = Object.keys(TOUR_COUNTS).map(() => 6)

async function practiceDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  return database
}

/** With a report in the run's own folder: one that the developer may have is left alone. */
function tour(database: TestDatabase): ChildProcess {
  return start(database, '--headless', '--rows', String(ROWS), '--report', join(inject('runFolder'), 'tour.md'))
}

function start({ url }: TestDatabase, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [START, ...args], {
    env: { ...process.env, TRANCHE_PRACTICE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  if (child.stdout === null || child.stderr === null) throw new Error('its output is not piped')
  const closed = once(child, 'close') as Promise<[number | null]>
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, out, err }
}

async function said(child: ChildProcess, words: string): Promise<void> {
  let heard = ''
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`it ended without saying "${words}": ${heard}`)))
    child.stdout?.on('data', (chunk) => {
      heard += String(chunk)
      if (heard.includes(words)) resolve()
    })
  })
}

async function filled({ query }: TestDatabase): Promise<Record<string, unknown> | undefined> {
  const [row] = await query(
    `SELECT (SELECT count(*)::int FROM duo_workflows_workflows WHERE service_account_id IS NOT NULL) AS workflows,
            (SELECT count(*)::int FROM routes WHERE namespace_id IS NOT NULL) AS routes,
            (SELECT count(*)::int FROM remote_development.workspace_agentk_states WHERE jsonb_array_length(desired_config) > 0) AS workspaces,
            (SELECT array_agg(status ORDER BY id) FROM tranche.batched_background_migrations) AS statuses`,
  )
  return row
}

it('ends well, and SQL confirms its report; the second time nothing is left to do', async () => {
  const database = await practiceDatabase()
  const report = join(inject('runFolder'), 'tour.md')

  const first = await ended(start(database, '--headless', '--rows', String(ROWS), '--report', report))

  expect(first).toMatchObject({ code: 0, err: '' })
  const counts = await filled(database)
  expect(counts).toMatchObject({ statuses: ALL_FINALIZED })
  const written = await readFile(report, 'utf8')
  for (const [statement, count] of [
    ['SELECT count(*) FROM duo_workflows_workflows WHERE service_account_id IS NOT NULL', counts?.workflows],
    ['SELECT count(*) FROM routes WHERE namespace_id IS NOT NULL', counts?.routes],
    [
      'SELECT count(*) FROM remote_development.workspace_agentk_states WHERE jsonb_array_length(desired_config) > 0',
      counts?.workspaces,
    ],
  ]) {
    const row = written.split('\n').find((line) => line.includes(`\`${String(statement)}\``))
    expect(row?.replaceAll(/\s/g, '').endsWith(`|${String(count)}|`)).toBe(true)
  }
  expect(written).toMatch(/\| 20240904120000 SwitchToWorkspacesAgentConfigs \| completed \|/)
  expect(written).toMatch(/\| 20250619000000 \w+ \| waits for an approval: /)

  const second = await ended(start(database, '--headless', '--report', report))

  expect(second).toMatchObject({ code: 0, out: expect.stringContaining('was finalized before') as string })
  expect(await filled(database)).toEqual(counts)
})

it('killed in the middle and started again, it goes on and ends well', async () => {
  const database = await practiceDatabase()
  const child = tour(database)
  await said(child, '✓ queue')
  child.kill('SIGKILL')
  await once(child, 'close')

  expect(await ended(tour(database))).toMatchObject({ code: 0 })
  expect(await filled(database)).toMatchObject({ statuses: ALL_FINALIZED })
})

it('stops on SIGINT with 130, and says that nothing is lost', async () => {
  const database = await practiceDatabase()
  const child = tour(database)
  await said(child, '✓ queue')
  child.kill('SIGINT')

  const [code] = (await once(child, 'close')) as [number | null]

  expect(code).toBe(130)
  expect(await database.query('SELECT FROM tranche.runners')).toEqual([])
})

it('refuses a flag that it does not know, and a number of rows that is none', async () => {
  const database = await practiceDatabase()

  expect(await ended(start(database, '--hedless'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('--hedless') as string,
  })
  expect(await ended(start(database, '--headless', '--rows', 'many'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected a whole number') as string,
  })
})

it('takes the tour without trouble, and says so where both are asked for', async () => {
  const database = await practiceDatabase()

  expect(await ended(start(database, '--headless', '--trouble'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('--trouble and --headless are given together') as string,
  })
  expect(await database.query(`SELECT to_regclass('public.routes') AS routes`)).toEqual([{ routes: null }])
})
