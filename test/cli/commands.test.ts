import { newestVersion } from '../../src/engine/tracking/schema-steps.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestDatabase } from '../support/test-database.ts'
import { CATALOGUE, type CommandLine, commandLine, commandLineWith, containing, valueOf } from './command-line.ts'
import { createThingsDatabase, fingerprint } from './things-database.ts'

let database: TestDatabase
let tranche: CommandLine

beforeEach(async () => {
  database = await createThingsDatabase()
  tranche = commandLine(database.connection)
})

afterEach(async () => {
  await database.drop()
})

test('a migration goes its whole way by hand', async () => {
  expect(await tranche.run('install')).toMatchObject({ exitCode: 0, stdout: containing('installed in') })
  expect(await tranche.run('install')).toMatchObject({
    exitCode: 0,
    stdout: containing('was installed already'),
  })
  expect(await tranche.run('queue', 'ShoutNames', '--args', '["!"]')).toMatchObject({
    exitCode: 0,
    stdout: '✓ ShoutNames on public.things is queued as migration 1 (active): keys 1 – 250, ~250 rows, jobs of 100.\n',
  })
  expect(await tranche.run('queue', 'ShoutNames', '--args', '["!"]')).toMatchObject({
    exitCode: 0,
    stdout: 'ShoutNames is migration 1 (active).\n',
    stderr: '! ShoutNames is queued with these arguments already; nothing was changed.\n',
  })
  expect(await tranche.run('run', '1', '--jobs', '1')).toMatchObject({
    exitCode: 0,
    stdout: containing('1 job, 100 rows scanned, 90 changed'),
  })
  expect((await tranche.run('status', 'ShoutNames')).stdout).toContain(
    'Active, but nobody drives it now: 100 of ~250 rows scanned (40.0 %), 40.0 % of the key range.',
  )
  expect(await tranche.run('run', 'ShoutNames')).toMatchObject({
    exitCode: 0,
    stdout: containing('(1) finished.'),
  })
  expect(await tranche.run('run', '1')).toMatchObject({ exitCode: 0, stdout: containing('nothing to do') })
  expect(await tranche.run('wait', '1', '--timeout', '1')).toMatchObject({ exitCode: 0 })
  const verified = await tranche.run('verify', '1')
  expect(verified.exitCode).toBe(0)
  expect(verified.stdout).toContain('✓ things without a shout: expected 25, found 25')
  expect(verified.stdout).toContain('25  nameless: there is nothing to shout')
  const finalized = await tranche.run('finalize', '1')
  expect(finalized).toMatchObject({ exitCode: 0, stdout: containing('✓ ShoutNames (1) is finalized.') })
  expect(finalized.stdout).toContain('✓ ANALYZE things')
  expect(await tranche.run('finalize', '1')).toMatchObject({ exitCode: 0, stdout: containing('already') })
  expect((await tranche.run('status')).stdout).toMatch(/1 {2}ShoutNames {2}public\.things {2}finalized +100\.0 % +250/)
  expect((await tranche.run('status', '1')).stdout).not.toContain('unknown')
  expect((await tranche.run('list')).stdout).toMatch(/ShoutNames +things \(id\) +finalized \(1\) +shout\.ts/)
  expect((await tranche.run('failures', '1')).stdout).toBe('No job has failed.\n')
  expect((await tranche.run('events', '1')).stdout).toMatch(/UTC {2}queue {2}by .+\n(.+\n)*.+UTC {2}finalized {2}by /)
  const report = await tranche.run('report', '1')
  expect(report.stdout).toContain('**Finalized: 3 jobs succeeded, 225 of 250 scanned rows changed.**')
  expect(report.stdout).toContain('| ✓ | things without a shout | 25 | 25 |')
  expect(report.stdout).toContain('| `1` | *NULL* | `THING 1!` |')
  expect(JSON.parse((await tranche.run('report', '1', '--format', 'json')).stdout)).toMatchObject({
    migration: { id: '1' },
  })
  expect(await database.query(`SELECT count(*) FROM things WHERE shouted = upper(name) || '!'`)).toEqual([
    { count: '225' },
  ])
  expect(await tranche.run('uninstall')).toMatchObject({ exitCode: 5, stderr: containing('Pass --yes.') })
  expect(await tranche.run('uninstall', '--yes')).toMatchObject({ exitCode: 0 })
  expect(await database.query(`SELECT nspname FROM pg_namespace WHERE nspname = 'tranche'`)).toEqual([])
})

test('every command answers one document', async () => {
  expect(valueOf(await tranche.json('install'))).toMatchObject({
    ...{ installed: true, schema: 'tranche', schemaVersion: await newestVersion(), databases: [{ database: 'main' }] },
  })
  const queued = valueOf(
    await tranche.json('queue', 'ShoutNames', '--batch-size', '200', '--pause-ms', '1', '--paused'),
  )
  expect(queued).toMatchObject({
    duplicate: false,
    migration: { id: '1', status: 'paused', batchSize: 200, pauseMs: 1, minValue: '1', maxValue: '250' },
  })
  expect(valueOf(await tranche.json('queue', 'ShoutNames'))).toMatchObject({ duplicate: true, migration: { id: '1' } })
  expect(valueOf(await tranche.json('resume', '1'))).toMatchObject({ status: 'active' })
  expect(valueOf(await tranche.json('pause', '1'))).toMatchObject({ status: 'paused' })
  expect(valueOf(await tranche.json('resume', '1'))).toMatchObject({ status: 'active' })
  expect(valueOf(await tranche.json('set', '1', 'batch-size=50', 'max-batch-size=70'))).toMatchObject({
    batchSize: 50,
    maxBatchSize: 70,
  })
  expect(valueOf(await tranche.json('set', '1', 'max-batch-size=none'))).toMatchObject({ maxBatchSize: null })
  expect(valueOf(await tranche.json('work', '--once'))).toEqual({ jobsRun: 1 })
  expect(valueOf(await tranche.json('run', '1', '--jobs', '1'))).toMatchObject({
    done: false,
    reason: 'job_limit',
    jobsRun: 1,
    rows: { scanned: 50, changed: 45 },
  })
  expect(valueOf(await tranche.json('run', '1', '--parallel', '2'))).toMatchObject({
    done: true,
    reason: 'finished',
    rows: { scanned: 150 },
  })
  expect(valueOf(await tranche.json('status'))).toMatchObject({
    migrations: [{ id: '1', status: 'finished', jobs: { succeeded: 5 } }],
  })
  expect(valueOf(await tranche.json('status', '1'))).toMatchObject({
    migrations: [{ rows: { scanned: 250, changed: 225 } }],
  })
  expect(valueOf(await tranche.json('wait', '1'))).toMatchObject({ status: 'finished' })
  expect(valueOf(await tranche.json('failures', '1'))).toEqual({ groups: [], jobs: [] })
  expect(valueOf(await tranche.json('verify', '1'))).toMatchObject({
    holds: true,
    proven: 'checks',
    exceptions: [{ name: 'nameless', count: 25 }],
  })
  expect(valueOf(await tranche.json('finalize', '1', '--no-run'))).toMatchObject({
    alreadyFinalized: false,
    migration: { status: 'finalized' },
  })
  expect(valueOf(await tranche.json('finalize', '1'))).toMatchObject({ alreadyFinalized: true })
  expect(valueOf(await tranche.json('report', '1'))).toMatchObject({
    format: 'md',
    text: containing('# Batched migration ShoutNames'),
  })
  expect(valueOf(await tranche.json('report', '1', '--format', 'json'))).toMatchObject({
    format: 'json',
    report: { migration: { id: '1' } },
  })
  expect(valueOf(await tranche.json('events', '1')).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['queue', 'set', 'verify', 'finalized']),
  )
  const listed = valueOf(await tranche.json('list'))
  expect(listed.catalogue?.definitions.map(({ jobClassName }) => jobClassName)).toContain('CrawlThings')
  expect(listed.catalogue?.broken.map(({ file, code }) => [file, code])).toEqual([
    ['does-not-parse.ts', 'definition_invalid'],
    ['imports-application.ts', 'definition_import'],
  ])
  expect(valueOf(await tranche.json('uninstall', '--yes'))).toEqual({
    schema: 'tranche',
    database: database.connection.database,
  })
})

test('a failing migration exits 3 with its outcome, its failures are told in full, and retry makes it active', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'DivideThings')
  const failed = await tranche.json('run', '1')
  expect(failed).toMatchObject({
    exitCode: 3,
    document: { ok: false, error: { code: 'migration_failed', details: { outcome: { reason: 'failed' } } } },
  })
  expect(await tranche.json('run', '1')).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'migration_failed' } },
  })
  expect(await tranche.json('wait', '1')).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'migration_failed' } },
  })
  const { groups, jobs } = valueOf(await tranche.json('failures', '1'))
  expect(groups).toMatchObject([{ exceptionClass: 'division_by_zero (22012)', jobCount: 1, count: 3 }])
  expect(jobs).toMatchObject([{ isBlocked: true, job: { attempts: 3, minValue: '101', maxValue: '200' } }])
  const shown = await tranche.run('failures', '1', '--group', groups[0]?.group ?? '')
  expect(shown.stdout).toContain('failed, attempts used, 3 attempts')
  expect(shown.stdout).toContain('running → failed  division_by_zero (22012)')
  expect((await tranche.run('status', '1')).stdout).toMatch(/1 {2}failed, attempts used/)
  const verified = await tranche.json('verify', '1')
  expect(verified).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'check_failed', details: { verification: { holds: false, proven: 'nothing' } } } },
  })
  expect(await tranche.run('retry', '1', '--job', '999')).toMatchObject({
    exitCode: 2,
    stderr: containing('unknown_job'),
  })
  expect(valueOf(await tranche.json('retry', '1', '--job', jobs[0]?.job.id ?? ''))).toMatchObject({
    retried: 1,
    migration: { status: 'active' },
  })
  await database.query('UPDATE things SET id = 1000 WHERE id = 150')
  expect(await tranche.run('run', '1')).toMatchObject({ exitCode: 0 })
  expect((await tranche.run('verify', '1')).stdout).toContain('! Coverage only')
})

test('a check that fails leaves the migration finished; a waiver with a reason lets it pass and stands in the report', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'ShoutNames')
  await tranche.run('run', '1')
  await database.query(`UPDATE things SET name = 'Ghost' WHERE id = 7`)
  const refused = await tranche.run('finalize', '1')
  expect(refused).toMatchObject({ exitCode: 3, stderr: containing('check_failed') })
  expect(valueOf(await tranche.json('status', '1')).migrations[0]?.status).toBe('finished')
  const waived = ['--waive', 'no thing is called Ghost', '--reason', 'it | is <friendly>']
  expect(await tranche.run('finalize', '1', ...waived)).toMatchObject({ exitCode: 0 })
  const { stdout } = await tranche.run('report', '1')
  expect(stdout).toContain('| ✕ waived | no thing is called Ghost | no row | 1 row |')
  expect(stdout).toContain('- no thing is called Ghost: it \\| is &lt;friendly&gt;')
})

test('a paused migration is refused with 5, and ends a wait with 6', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'ShoutNames', '--paused')
  expect(await tranche.json('run', '1')).toMatchObject({
    exitCode: 5,
    document: { error: { code: 'migration_paused' } },
  })
  expect(await tranche.json('wait', '1')).toMatchObject({ exitCode: 6, document: { error: { code: 'stopped' } } })
  await tranche.run('resume', '1')
  expect(await tranche.json('wait', '1', '--timeout', '0')).toMatchObject({
    exitCode: 6,
    document: { error: { code: 'wait_timeout' } },
  })
  expect(await tranche.json('finalize', '1', '--no-run')).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'unfinished' } },
  })
})

test('a tracking schema of another name is used throughout', async () => {
  const named = ['--tracking-schema', 'My "own"']
  const { stdout } = await tranche.run('install', '--print', ...named)
  expect(stdout).toContain('CREATE SCHEMA IF NOT EXISTS "My ""own""";')
  await database.query(stdout)
  expect(await tranche.run('install', ...named)).toMatchObject({
    exitCode: 0,
    stdout: containing('was installed already'),
  })
  expect(await tranche.run(...named, 'queue', 'ShoutNames')).toMatchObject({ exitCode: 0 })
  expect(await tranche.run('run', '1', ...named)).toMatchObject({ exitCode: 0 })
  expect(await tranche.run('status')).toMatchObject({ exitCode: 2, stderr: containing('not_installed') })
  const before = await fingerprint(database)
  const { sql } = valueOf(await tranche.json('uninstall', '--print', ...named)) as { readonly sql: string }
  expect(await fingerprint(database)).toEqual(before)
  await database.query(sql)
  expect(await database.query(`SELECT nspname FROM pg_namespace WHERE nspname = 'My "own"'`)).toEqual([])
})

test('production wants its confirmations, and the phrase is not answered by --yes', async () => {
  const production = ['--environment', 'production']
  const before = await fingerprint(database)
  expect(await tranche.json('install', ...production)).toMatchObject({
    exitCode: 5,
    document: { error: { code: 'confirmation_required', remedy: 'Pass --yes.' } },
  })
  expect(await fingerprint(database)).toEqual(before)
  expect(await tranche.run('install', ...production, '--yes')).toMatchObject({ exitCode: 0 })
  await tranche.run('queue', 'ShoutNames', ...production, '--yes')
  await tranche.run('run', '1', ...production, '--yes')
  const phrase = `finalize ShoutNames on ${database.connection.database}`
  expect(await tranche.json('finalize', '1', ...production, '--yes')).toMatchObject({
    exitCode: 5,
    document: { error: { code: 'confirmation_required', remedy: containing(`--confirm '${phrase}'`) } },
  })
  expect(await tranche.json('finalize', '1', ...production, '--confirm', 'finalize it')).toMatchObject({ exitCode: 5 })
  expect(await tranche.json('finalize', '1', ...production, '--confirm', phrase)).toMatchObject({ exitCode: 0 })
})

test('list shows a catalogue without any target, and a target without any catalogue', async () => {
  const alone = await commandLineWith({}).run('list', '--catalogue', CATALOGUE)
  expect(alone.exitCode).toBe(0)
  expect(alone.stdout).toContain('No target is named')
  expect(alone.stdout).toContain('✕ does-not-parse.ts:')
  expect(alone.stdout).not.toContain('npm packages')
  await tranche.run('install')
  await tranche.run('queue', 'ShoutNames')
  const { stdout } = await commandLine(database.connection, { TRANCHE_CATALOGUE: '' }).run('list')
  expect(stdout).toContain('No catalogue is named')
  expect(stdout).toContain('ShoutNames')
})

test('work says that scheduling is switched off where something is active, and what switches it on', async () => {
  valueOf(await tranche.json('install'))
  valueOf(await tranche.json('queue', 'ShoutNames'))
  valueOf(await tranche.json('work', '--off'))
  expect(await tranche.run('work', '--once')).toMatchObject({
    ...{ exitCode: 0, stdout: containing('0 jobs run') },
    stderr: containing('Scheduling is switched off there: no job begins until tranche work --on'),
  })
  valueOf(await tranche.json('work', '--on'))
  const { stderr, stdout } = await tranche.run('work', '--once')
  expect(stdout).toContain('1 job run')
  expect(stderr).not.toContain('Scheduling')
})
