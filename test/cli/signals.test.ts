import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { TestDatabase } from '../support/test-database.ts'
import { type CommandLine, commandLine, containing, parseDocument, valueOf } from './command-line.ts'
import { createThingsDatabase } from './things-database.ts'

let database: TestDatabase
let tranche: CommandLine

beforeEach(async () => {
  database = await createThingsDatabase()
  tranche = commandLine(database.connection)
  await tranche.run('install')
  await tranche.run('queue', 'CrawlThings')
})

afterEach(async () => {
  await database.drop()
})

async function untilRowsAreDone(atLeast: number): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ done: number }>('SELECT count(*)::int AS done FROM things WHERE hits > 0')
    if ((row?.done ?? 0) >= atLeast) return
    await sleep(20)
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends a run behind its sub-batch with %d, and the next run goes on from there', async (signal, code) => {
  const { child, ended } = tranche.start('run', '1', '--json')
  await untilRowsAreDone(3)
  child.kill(signal)
  const { exitCode, stdout, stderr } = await ended
  expect(exitCode).toBe(code)
  expect(parseDocument(stdout)).toMatchObject({
    ok: false,
    error: { code: 'stopped', details: { outcome: { reason: 'aborted', done: false } } },
  })
  expect(stderr).toContain('Stopping')
  expect(await database.query('SELECT count(*) FROM tranche.runners')).toEqual([{ count: '0' }])
  await tranche.run('set', '1', 'pause-ms=0')
  expect(valueOf(await tranche.json('run', '1'))).toMatchObject({ reason: 'finished' })
  expect(await database.query('SELECT hits, count(*) FROM things GROUP BY hits')).toEqual([{ hits: '1', count: '250' }])
})

test('a second Ctrl-C leaves at once, still with one document, and no row is done twice', async () => {
  const client = await database.connect()
  const { child, ended } = tranche.start('run', '1', '--json')
  await untilRowsAreDone(3)
  // The sub-batch in hand waits for this lock, so that the first signal cannot be through before the second.
  await client.query('BEGIN')
  await client.query('LOCK TABLE things IN SHARE MODE')
  child.kill('SIGINT')
  if (child.stderr !== null) await once(child.stderr, 'data')
  child.kill('SIGINT')
  const { exitCode, stdout } = await ended
  await client.query('ROLLBACK')
  expect(exitCode).toBe(130)
  expect(parseDocument(stdout)).toMatchObject({ ok: false, error: { code: 'stopped' } })
  await tranche.run('set', '1', 'pause-ms=0')
  expect(valueOf(await tranche.json('run', '1'))).toMatchObject({ reason: 'finished' })
  expect(await database.query('SELECT hits, count(*) FROM things GROUP BY hits')).toEqual([{ hits: '1', count: '250' }])
})

test('an error that nobody caught ends a run as a stop does, and is its answer', async () => {
  const catalogue = await temporaryFolder()
  await writeFile(
    join(catalogue, 'stray.ts'),
    `import { defineBatchedMigration, sql } from 'tranche'
     export default defineBatchedMigration({
       jobClassName: 'Stray', description: 'Throws where nobody listens.', table: 'things', column: 'id',
       batchSize: 100, subBatchSize: 10, intervalSeconds: 0, pauseMs: 50,
       perform: async ({ query, subBatch }) => {
         setTimeout(() => { throw new Error('a stray error of the definition') }, 200)
         await query(sql\`UPDATE things SET hits = hits + 1 WHERE \${subBatch}\`)
       },
     })`,
  )
  await tranche.run('queue', 'Stray', '--catalogue', catalogue)

  const { exitCode, stdout } = await tranche.run('run', 'Stray', '--json', '--catalogue', catalogue)

  expect([exitCode, parseDocument(stdout)]).toMatchObject([
    1,
    { ok: false, error: { code: 'unexpected', message: 'a stray error of the definition' } },
  ])
  expect(await database.query('SELECT FROM tranche.runners')).toEqual([])
})

test('a run that is paused by somebody else exits 6', async () => {
  const { ended } = tranche.start('run', '1', '--json')
  await untilRowsAreDone(3)
  expect(await tranche.run('pause', '1')).toMatchObject({ exitCode: 0 })
  const { exitCode, stdout } = await ended
  expect(exitCode).toBe(6)
  expect(parseDocument(stdout)).toMatchObject({
    error: { code: 'stopped', details: { outcome: { reason: 'paused' } } },
  })
})

test.each([
  ['wait', ['wait', '1']],
  ['work', ['work']],
] as const)('%s ends with 130 and one document', async (_name, args) => {
  const { child, ended } = tranche.start(...args, '--json')
  await (args[0] === 'work' ? untilRowsAreDone(1) : untilConnected())
  child.kill('SIGINT')
  const { exitCode, stdout } = await ended
  expect(exitCode).toBe(130)
  expect(parseDocument(stdout)).toMatchObject({ ok: false, error: { code: 'stopped' } })
})

async function untilConnected(): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tranche/%'`,
    )
    if ((row?.count ?? 0) > 0) return
    await sleep(20)
  }
}

test('following shows what is new until Ctrl-C, and is refused as JSON', async () => {
  expect(await tranche.run('events', '1', '--follow', '--json')).toMatchObject({
    exitCode: 2,
    stdout: containing('"usage"'),
  })
  const { child, ended } = tranche.start('events', '1', '--follow')
  let shown = ''
  child.stdout?.on('data', (chunk) => (shown += String(chunk)))
  while (!shown.includes('queue')) await sleep(20)
  await tranche.run('set', '1', 'pause-ms=7')
  while (!shown.includes('pauseMs=7')) await sleep(20)
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ exitCode: 130 })
  expect(shown.match(/ {2}queue {2}/g)).toHaveLength(1)
})

test('following the status of a migration ends when it ends', async () => {
  await tranche.run('set', '1', 'pause-ms=0')
  const { ended } = tranche.start('status', '1', '--follow')
  await tranche.run('run', '1')
  const { exitCode, stdout } = await ended
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(
    /1 CrawlThings: Finished, not finalized: 3 jobs succeeded, 250 of 250 scanned rows changed\.\n$/,
  )
})

test('a reader of stdout that goes away is no error', async () => {
  const { child, ended } = tranche.start('report', '1')
  const unread = expect(ended).rejects.toThrow('Premature close')
  const closed = once(child, 'close')
  const said: unknown[] = []
  child.stderr?.on('data', (chunk) => said.push(chunk))
  // Long before it has connected, let alone has something to say.
  child.stdout?.destroy()
  await unread
  expect(await closed).toEqual([0, null])
  expect(said.join('')).toBe('')
})
