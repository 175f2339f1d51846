import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import type { JobCell } from '../../src/shared/job-view.ts'
import type { StoredConnection } from '../../src/storage/connections.ts'
import { openStorage, type Storage } from '../../src/storage/open.ts'
import { readSchemaSteps } from '../../src/storage/schema-steps.ts'
import { upgrade } from '../../src/storage/upgrade.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const STAGING: StoredConnection = {
  connectionId: 'c1',
  name: 'staging',
  environment: 'staging',
  settings: { host: 'db.example', dbname: 'app' },
  catalogueFolder: null,
  trackingSchema: 'tranche',
  logicalDatabase: 'ci',
  otherDatabases: { main: 'c2' },
  isPractice: false,
  createdAtMs: 1,
  lastOpenedAtMs: null,
  productionUntilMs: 7,
  passwordCommand: ['op', 'read', 'op://db/app'],
}

async function setup(): Promise<{ storage: Storage; installationId: number }> {
  const storage = await openStorage(await temporaryFolder())
  onTestFinished(() => {
    storage.close()
  })
  storage.connections.save(STAGING)
  return { storage, installationId: storage.installations.see('c1', '2026-11-20T10:00:00Z', 5) }
}

function cell(id: string): JobCell {
  return {
    id,
    status: 'succeeded',
    min: id,
    max: id,
    attempts: 1,
    isBlocked: false,
    scanned: 10,
    changed: 9,
    startedAtMs: 1,
    seconds: 0.5,
  }
}

it('keeps connections, and refuses to keep a secret with them', async () => {
  const { storage } = await setup()

  expect(storage.connections.list()).toEqual([STAGING])
  expect(() => {
    storage.connections.save({ ...STAGING, settings: { ...STAGING.settings, password: 'hush' } })
  }).toThrow('secrets are not stored')
})

it('takes connections of an earlier version for main, mapping nothing', async () => {
  const folder = await temporaryFolder()
  const earlier = new Database(join(folder, 'console.db'))
  upgrade(earlier, (await readSchemaSteps()).slice(0, 3), 'console.db')
  earlier.exec(`INSERT INTO connections (connection_id, name, environment, settings, tracking_schema, created_at_ms)
                VALUES ('c0', 'old', 'staging', '{}', 'tranche', 1)`)
  earlier.close()

  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })

  expect(storage.connections.list()).toMatchObject([{ name: 'old', logicalDatabase: 'main', otherDatabases: {} }])
})

it('keeps the history of a removed connection readable', async () => {
  const { storage, installationId } = await setup()
  const state = { id: '7', jobClassName: 'Backfill' } as MigrationStateValue // the rest is not looked at here
  storage.migrations.save(installationId, [state], 9)

  storage.connections.remove('c1', 10)

  expect(storage.connections.list()).toEqual([])
  expect(storage.migrations.page({ connectionId: null, after: null, limit: 10 }).items).toMatchObject([
    { connectionId: 'c1', connectionName: 'staging', state, copiedAtMs: 9 },
  ])
})

it('pages through jobs in the order of their ids, beyond what a number holds exactly', async () => {
  const { storage, installationId } = await setup()
  const ids = ['9', '10', '9007199254740993', '9223372036854775807']
  storage.jobs.save(installationId, '1', [...ids].reverse().map(cell), 1)

  const seen: string[] = []
  let after: string | null = null
  do {
    const page = storage.jobs.page({ installationId, migrationId: '1', after, limit: 1 })
    seen.push(...page.items.map(({ id }) => id))
    after = page.next
  } while (after !== null)

  expect(seen).toEqual(ids)
})

it('keeps a log line once however often it is copied, and pages newest first', async () => {
  const { storage, installationId } = await setup()
  const entries = ['1', '2', '3'].map((originId) => ({
    originId,
    origin: 'journal' as const,
    atMs: 100,
    migrationId: '1',
    jobId: null,
    kind: 'pause',
    operator: 'anna',
    host: 'laptop',
    details: { originId },
  }))
  storage.events.append(installationId, entries.slice(0, 2))

  const added = storage.events.append(installationId, entries)

  const query = { installationId, migrationId: '1', only: 'all', limit: 2 } as const
  const first = storage.events.page({ ...query, after: null })
  const second = storage.events.page({ ...query, after: first.next })
  expect(added.map(({ details }) => details)).toEqual([{ originId: '3' }])
  expect([...first.items, ...second.items].map(({ details }) => details.originId)).toEqual(['3', '2', '1'])
  expect(second.next).toBeNull()
})

it('finds log lines by who, what and their details', async () => {
  const { storage, installationId } = await setup()
  const entry = { origin: 'journal' as const, atMs: 100, migrationId: '1', jobId: null, host: 'laptop' }
  storage.events.append(installationId, [
    { ...entry, originId: '1', kind: 'run_ended', operator: 'anna', details: { reason: 'finished' } },
    { ...entry, originId: '2', kind: 'pause', operator: 'Mara', details: {} },
  ])

  const found = (find: string | null): readonly string[] =>
    storage.events
      .page({ installationId, migrationId: null, only: 'all', find, after: null, limit: 5 })
      .items.map(({ kind }) => kind)

  expect([found('mara'), found('Run Ended'), found('finish'), found('100 %'), found(null)]).toEqual([
    ['pause'],
    ['run_ended'],
    ['run_ended'],
    [],
    ['pause', 'run_ended'],
  ])
})

it('tells the journal of a connection through all its installations, and of one migration through its own', async () => {
  const { storage, installationId } = await setup()
  const entry = {
    originId: '1',
    origin: 'journal' as const,
    migrationId: '1',
    jobId: null,
    kind: 'pause',
    operator: 'anna',
    host: 'laptop',
    details: {},
  }
  storage.events.append(installationId, [{ ...entry, atMs: 100 }])
  const anew = storage.installations.see('c1', '2026-11-21T10:00:00Z', 6)
  storage.events.append(anew, [{ ...entry, atMs: 200 }])

  const page = (migrationId: string | null) =>
    storage.events.page({ installationId: anew, migrationId, only: 'all', after: null, limit: 5 }).items

  expect(page(null).map(({ atMs, isEarlier }) => ({ atMs, isEarlier }))).toEqual([
    { atMs: 200, isEarlier: false },
    { atMs: 100, isEarlier: true },
  ])
  expect(page('1').map(({ atMs }) => atMs)).toEqual([200])
})

it('keeps the rows of a database that was made anew apart from the old ones', async () => {
  const { storage, installationId } = await setup()
  storage.jobs.save(installationId, '1', [cell('1')], 1)

  const anew = storage.installations.see('c1', '2026-11-21T10:00:00Z', 6)

  expect(anew).not.toBe(installationId)
  expect(storage.installations.findNewest('c1')).toBe(anew)
  expect(storage.jobs.page({ installationId: anew, migrationId: '1', after: null, limit: 5 }).items).toEqual([])
})

it('tells a run that ended from one that did not', async () => {
  const { storage, installationId } = await setup()
  const run = {
    installationId,
    migrationId: '1',
    jobClassName: 'Backfill',
    kind: 'run' as const,
    operator: 'anna',
    host: 'laptop',
    pid: 1,
    pidStart: '99',
    parallel: 2,
    startedAtMs: 50,
  }
  storage.runs.start({ ...run, runId: 'r1' })
  storage.runs.start({ ...run, runId: 'r2' })
  storage.runs.count('r1', { jobsRun: 3, scanned: 30, changed: 20 })
  storage.runs.end('r1', { endedAtMs: 60, reason: 'finished', error: null })

  const { items } = storage.runs.page({ connectionId: 'c1', after: null, limit: 5 })

  expect(items.map(({ runId, endedAtMs, reason, jobsRun }) => ({ runId, endedAtMs, reason, jobsRun }))).toEqual([
    { runId: 'r2', endedAtMs: null, reason: null, jobsRun: 0 },
    { runId: 'r1', endedAtMs: 60, reason: 'finished', jobsRun: 3 },
  ])
})
