import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'
import { type CommandLine, commandLine, containing, valueOf } from './command-line.ts'
import { createThingsDatabase } from './things-database.ts'

let database: TestDatabase
let tranche: CommandLine

beforeEach(async () => {
  database = await createThingsDatabase()
  tranche = commandLine(database.connection)
  await tranche.run('install')
  await tranche.run('queue', 'ShoutNames', '--args', '["!"]')
})

afterEach(async () => {
  await database.drop()
})

test('a held migration says why, since when and until when, and --force passes over the hold and says so', async () => {
  const session = await database.connect({ applicationName: 'nightly export' })
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await session.query('SELECT count(*) FROM public.things')

  const limits = ['--health', 'max-transaction-seconds=0', '--health', 'hold-seconds=900']
  await tranche.run('run', '1', '--jobs', '1', ...limits)
  const { stdout } = await tranche.run('status', '1')
  expect(stdout).toMatch(
    /On hold since .* UTC, until .* UTC at the latest: long transactions: session \d+ "nightly export" is in a transaction for .* \(limit 0 ms\)\./,
  )
  expect(stdout).toMatch(/– +WAL archive +not available: archive_mode is off/)
  expect((await tranche.run('status')).stdout).toContain('on hold: long transactions')
  const { migrations, health } = valueOf(await tranche.json('status', '1'))
  expect(migrations[0]?.hold).toMatchObject({ indicator: 'long_transactions', unit: 'seconds', limit: 0 })
  expect(health).toHaveLength(7)

  const forced = await tranche.run('run', '1', '--force', ...limits)
  expect(forced).toMatchObject({ exitCode: 0, stderr: containing('! Health is ignored') })
})

test('thresholds are checked like every other input', async () => {
  for (const [given, said] of [
    ['max-lag=1', 'not KEY=VALUE with a known key'],
    ['max-lag-seconds=soon', 'expected a whole number'],
    ['autovacuum=maybe', 'expected on or off'],
    ['hold-seconds=0', 'expected a whole number of at least 1'],
  ] as const) {
    expect(await tranche.run('run', '1', '--health', given)).toMatchObject({ exitCode: 2, stderr: containing(said) })
  }
})

test('with --log-format json every line on stderr is an object with the fields of GitLab’s logs', async () => {
  const { stderr, exitCode } = await tranche.run('run', '1', '--jobs', '1', '--log-format', 'json')
  expect(exitCode).toBe(0)
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const transitions = lines.filter(({ message }) => message === 'BatchedJob transition')
  expect(transitions).toHaveLength(2)
  expect(transitions[0]).toMatchObject({
    severity: 'INFO',
    batched_job_id: '1',
    batched_migration_id: '1',
    job_class_name: 'ShoutNames',
    job_arguments: ['!'],
    previous_state: 'pending',
    new_state: 'running',
    correlation_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  })
  expect(transitions[1]).toMatchObject({ previous_state: 'running', new_state: 'succeeded', scanned: 100 })

  const wrong = await tranche.run('status', '99', '--log-format=json')
  expect(JSON.parse(wrong.stderr.trimEnd().split('\n')[0] ?? '')).toMatchObject({ severity: 'ERROR' })
  expect(await tranche.run('status', '--log-format', 'xml')).toMatchObject({ exitCode: 2 })
})

test('work serves metrics while it works', async () => {
  const working = tranche.start('work', '--metrics', '0')
  let told = ''
  working.child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  await until(() => Promise.resolve(/Metrics at http:\S+/.test(told)))
  const [url = ''] = /http:\S+/.exec(told) ?? []
  await until(async () =>
    (await (await fetch(url)).text()).includes(
      'batched_migration_migrated_tuples_total{migration_id="1",migration_identifier="ShoutNames/public.things.id"} 100',
    ),
  )
  working.child.kill('SIGTERM')
  expect(await working.ended).toMatchObject({ exitCode: 143 })
})
