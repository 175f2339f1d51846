import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestDatabase } from '../support/test-database.ts'
import { type CommandLine, commandLine, containing, valueOf } from './command-line.ts'
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

test('requeue and delete are confirmed, and leave rows and journal readable by the old id', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'ShoutNames', '--batch-size', '50')
  await tranche.run('run', '1', '--jobs', '2')
  expect(await tranche.run('requeue', '1')).toMatchObject({ exitCode: 5, stderr: containing('Pass --yes.') })
  expect(await tranche.run('requeue', '1', '--yes', '--sub-batch-size', '10')).toMatchObject({
    exitCode: 0,
    stdout: containing(
      'Migration 1 is in the archive. ShoutNames on public.things is queued as migration 2 (active): keys 1 – 250, ~250 rows, jobs of 50.',
    ),
  })
  expect((await tranche.run('status', '1')).stdout).toMatch(
    /1 ShoutNames on public\.things: was active with 2 of 2 jobs succeeded, 100 rows scanned; requeued as 2 by /,
  )
  expect(await tranche.run('failures', '1')).toMatchObject({
    stdout: 'No job has failed.\n',
    stderr: containing('! Migration 1 is in the archive: was active with 2 of 2 jobs succeeded'),
  })
  expect((await tranche.run('report', '1')).stdout).toContain(
    '**was active with 2 of 2 jobs succeeded, 100 rows scanned',
  )
  expect((await tranche.run('events', '1')).stdout).toMatch(/UTC {2}requeue {2}by .+requeuedAs=2/)
  expect(valueOf(await tranche.json('status', '2'))).toMatchObject({
    migrations: [{ id: '2', batchSize: 50, subBatchSize: 10 }],
    archived: [],
  })

  expect(await tranche.run('delete', 'ShoutNames')).toMatchObject({ exitCode: 5, stderr: containing('Pass --yes.') })
  expect(valueOf(await tranche.json('delete', 'ShoutNames', '--yes'))).toMatchObject({
    deleted: true,
    archived: { id: '2', reason: 'deleted', status: 'active', jobs: 0 },
  })
  expect(valueOf(await tranche.json('delete', '2'))).toMatchObject({ deleted: false, archived: { id: '2' } })
  expect(valueOf(await tranche.json('delete', 'NeverQueued'))).toEqual({ deleted: false, archived: null })
  expect(await tranche.json('delete', '77')).toMatchObject({
    exitCode: 2,
    document: { error: { code: 'unknown_migration' } },
  })
  expect(valueOf(await tranche.json('status'))).toMatchObject({ migrations: [], archived: [{ id: '1' }, { id: '2' }] })
})

test('one job is split, retried in halves and run by itself', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'DivideThings')
  await tranche.run('run', '1')
  const { jobs } = valueOf(await tranche.json('failures', '1'))
  const jobId = jobs[0]?.job.id ?? ''
  expect(await tranche.run('split', '1')).toMatchObject({ exitCode: 2, stderr: containing('--job ID') })
  const split = valueOf(await tranche.json('split', '1', '--job', jobId))
  expect(split).toMatchObject({ jobId, batchSize: 50 })
  expect((await tranche.run('retry', '1', '--size', 'tenth')).stderr).toContain('expected same, half or rows')
  expect((await tranche.run('retry', '1', '--job', jobId)).exitCode).toBe(0)
  expect(await tranche.run('run', '1', '--job', jobId)).toMatchObject({
    exitCode: 3,
    stdout: containing(`goes on: its job ${jobId} failed. This run: 1 job (1 of them failed)`),
    stderr: containing('code: job_failed'),
  })
  expect(valueOf(await tranche.json('retry', '1', '--size', 'half', '--job', jobId))).toMatchObject({
    retried: 1,
    migration: { status: 'active' },
  })
  await database.query('UPDATE things SET id = 1000 WHERE id = 150')
  expect(valueOf(await tranche.json('run', '1', '--job', jobId))).toMatchObject({
    ...{ done: false, jobsRun: 1, jobsFailed: 0, rows: { scanned: 25 } },
  })
  expect((await tranche.run('run', '1', '--job', jobId)).stdout).toBe(
    `✓ DivideThings (1) goes on: its job ${jobId} has succeeded already, nothing to do.\n`,
  )
  for (const command of ['run', 'failures'] as const)
    expect(await tranche.json(command, '1', '--job', '999')).toMatchObject({
      exitCode: 2,
      document: { error: { code: 'unknown_job' } },
    })
  expect(await tranche.run('run', '1')).toMatchObject({ exitCode: 0, stdout: containing('(1) finished.') })
})

test('an error budget is given by number or share, and the rows that it let pass are shown', async () => {
  await tranche.run('install')
  await tranche.run('queue', 'DivideThings', '--error-budget', '1')
  expect((await tranche.run('quarantine', '1')).stdout).toBe('No row is in quarantine.\n')
  expect(valueOf(await tranche.json('run', '1'))).toMatchObject({ done: true, rows: { changed: 249, quarantined: 1 } })
  const { rows, next } = valueOf(await tranche.json('quarantine', 'DivideThings'))
  expect(rows).toMatchObject([{ key: ['150'], jobId: '2', errorMessage: containing('division by zero') }])
  expect(next).toBeNull()
  const { stdout } = await tranche.run('quarantine', '1')
  expect(stdout).toContain('1 row of migration 1 could not be migrated and is as before.')
  expect(stdout).toMatch(/^✕ 150 {2}job 2 {2}.+UTC\n {2}.*division by zero$/m)

  await tranche.run('requeue', '1', '--yes', '--error-budget', '0.1%')
  expect(await database.query('SELECT error_budget FROM tranche.migration_details')).toEqual([
    { error_budget: { share: 0.001 } },
  ])
  await tranche.run('requeue', '2', '--yes', '--error-budget', '0')
  expect(await tranche.json('run', '3')).toMatchObject({ exitCode: 3 })
  expect(await tranche.json('quarantine', '77')).toMatchObject({ document: { error: { code: 'unknown_migration' } } })
})

test('a class, a migration and a job are previewed, and nothing is changed', async () => {
  await tranche.run('install')
  const before = await fingerprint(database)
  const { stdout } = await tranche.run('preview', 'ShoutNames', '--rows', '10')
  expect(stdout).toContain('ShoutNames on public.things: rolled back, nothing was changed.')
  expect(stdout).toMatch(/^✓ The first sub-batch, keys 1 – 10: 10 rows scanned, 9 changed, \d+ ms$/m)
  expect(stdout).toMatch(/^ {2}✓ by things_pkey$/m)
  expect(stdout).toMatch(/^ {2}public\.things: 9 updated$/m)
  expect(stdout).toMatch(/^ {4}1: shouted NULL → "THING 1"$/m)
  expect(stdout).toMatch(/^✓ The last sub-batch, keys 241 – 250/m)
  const value = valueOf(await tranche.json('preview', 'ShoutNames', '--args', '["!"]'))
  expect(value).toMatchObject({ migrationId: null, subBatches: [{}, {}, { place: 'last' }] })
  expect(value.subBatches[0]?.rows[0]).toMatchObject({ after: { shouted: 'THING 1!' } })
  expect(await tranche.json('preview', 'Nothing')).toMatchObject({ document: { error: { code: 'unknown_class' } } })
  expect(await tranche.json('preview', 'ShoutNames', '--environment', 'production')).toMatchObject({
    exitCode: 5,
    document: { error: { code: 'confirmation_required' } },
  })
  expect(await fingerprint(database)).toEqual(before)

  await tranche.run('queue', 'DivideThings')
  await tranche.run('run', '1')
  const failed = await tranche.json('preview', '1', '--job', '2')
  expect(failed).toMatchObject({
    exitCode: 3,
    document: { error: { code: 'preview_failed', details: { preview: { migrationId: '1', jobId: '2' } } } },
  })
  expect((await tranche.run('preview', '1', '--rows', '20')).stdout).toContain('DivideThings (1) on public.things')
})
