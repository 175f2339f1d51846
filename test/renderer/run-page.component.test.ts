import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { LiveRun } from '../../src/shared/app-state.ts'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import type { Hold } from '../../src/shared/health.ts'
import type { JournalEntry } from '../../src/shared/history-view.ts'
import type { JobCell } from '../../src/shared/job-view.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { Answers } from './support/fake-backend.ts'
import { expectAccessible, openConsole, rest, settle } from './support/open-console.ts'

const RUN: LiveRun = {
  ...{ runId: 'r', startedAtMs: 0, parallel: 1, isStopping: false, isInDoubt: false, end: null },
  progress: {
    ...{ jobsRun: 1, totalTupleCount: 1_000, percentByKey: 10, rowsPerSecond: 50, etaSeconds: null, waitingFor: null },
    // Of this run alone: it was resumed.
    rows: { scanned: 100, changed: 100, unresolved: 0, quarantined: 0, exact: true },
  },
}

function cell(id: number, given: Partial<JobCell> = {}): JobCell {
  return {
    ...{ id: String(id), status: 'succeeded', min: String(id * 100), max: String(id * 100 + 99), attempts: 1 },
    ...{ isBlocked: false, scanned: 100, changed: 90, startedAtMs: id * 1_000, seconds: 1 },
    ...given,
  }
}

const CELLS = [26, 27, 28, 29].map((id) => cell(id)).concat(cell(30, { status: 'running', scanned: 40, seconds: null }))

function entry(entryId: string, kind: string, given: Partial<JournalEntry> = {}): JournalEntry {
  return {
    ...{ entryId, kind, origin: 'journal', atMs: Number(entryId), migrationId: '1', jobId: null, operator: 'mara' },
    ...{ host: 'lt', details: {}, jobClassName: 'Backfill', isEarlier: false },
    ...given,
  }
}

async function setup({
  run = RUN,
  cells = CELLS,
  state = {},
  ...answers
}: Answers & { run?: LiveRun | null; cells?: readonly JobCell[]; state?: Partial<MigrationStateValue> } = {}) {
  return openConsole({
    place: 'run/1',
    migrations: [{ id: '1', ...state }],
    ...(run === null ? {} : { run }),
    answers: {
      'verification.last': async () => null,
      'jobs.page': async () => ({ items: cells, next: null }),
      'history.jobs': async () => ({ items: cells, next: null }),
      'events.page': async () => ({ items: [], next: null }),
      'connections.sessions': async () => ({ sessions: [], readAtMs: 0 }),
      'migrations.health': async () => ({ readings: [], readAtMs: 0 }),
      'catalogue.list': async () => Promise.reject(new TrancheError('catalogue_missing', 'no folder')),
      ...answers,
    },
  })
}

const headline = (): string => screen.getByTestId('headline').textContent.replaceAll('\u00a0', ' ')
const legend = (): string => screen.getByTestId('legend').textContent.replaceAll(/\s+/g, ' ')
const steps = (): string => screen.getByRole('navigation', { name: 'Steps' }).textContent
const moving = (): number => document.querySelectorAll('.moving').length

it('tells how far a resumed migration is by all that was scanned, not by what this run did', async () => {
  await setup()

  expect(steps()).toContain('running · 40 %')
  expect(headline()).toContain('400 of ~1 000 rows')
  await expectAccessible()
})

it('says nothing is known when the backend is lost: nothing moves, nothing can be pressed', async () => {
  const backend = await setup()
  expect(moving()).toBeGreaterThan(0)

  backend.say({ kind: 'backend_lost', message: 'gone' })
  await settle()

  expect(headline()).toMatch(/^Backend lost at .*: the last sub-batch is in doubt\.$/)
  expect(steps()).toContain('no answer')
  expect(moving()).toBe(0)
  expect(document.querySelector('.band')?.textContent).toContain('no backend since')
  expect(screen.getByRole('contentinfo').textContent).toContain('a console that is started anew has a new address')
  expect(screen.queryByRole('button', { name: /Pause|Stop/ })).toBeNull()
  expect(screen.getByLabelText('batch size')).toHaveProperty('disabled', true)
  await fireEvent.keyDown(document.body, { key: ' ' })
  expect(backend.asked('migrations.pause')).toEqual([])
})

it('looks at the migration, and reads jobs and log, again when the backend is back', async () => {
  const backend = await setup()
  const watching = { connectionId: 'c1', migrationId: '1' }
  const read = (): number[] => [
    backend.asked('migrations.watch').filter((input) => JSON.stringify(input) === JSON.stringify(watching)).length,
    backend.asked('jobs.page').length,
    backend.asked('events.page').length,
  ]
  expect(read()).toEqual([1, 1, 1])

  backend.say({ kind: 'backend_lost', message: 'gone' })
  await settle()
  expect(read()).toEqual([1, 1, 1])
  backend.say({ kind: 'backend_back' })
  await settle()

  expect(read()).toEqual([2, 2, 2])
  expect(headline()).toContain('Running')
})

it('offers to try a lost target at once, and nothing that needs it', async () => {
  const backend = await setup({ 'connections.retry': async () => null })
  const { migrations: _, ...target } = Object.values(backend.state().targets)[0] ?? expect.fail('no target')
  const link = { kind: 'lost', sinceMs: 0, message: 'gone', tries: 1, nextTryAtMs: 1_000 } as const
  backend.tell({ kind: 'target', connectionId: 'c1', target: { ...target, link } })
  await settle()

  expect(headline()).toBe('Connection lost: the last sub-batch is in doubt until it is back.')
  expect(screen.queryByRole('button', { name: /Pause|Stop/ })).toBeNull()
  await fireEvent.click(screen.getByRole('button', { name: 'Try now' }))
  expect(backend.asked('connections.retry')).toHaveLength(1)
})

it('counts the same jobs in headline and legend, and names one by its own number only', async () => {
  await setup()

  expect(headline()).toMatch(/^Running — 4 of ~10 jobs done\. /)
  expect(legend()).toMatch(/succeeded 4.*failed 0.*running 1.*pending ~5/)
  expect(screen.getByTestId('readout').previousElementSibling?.textContent).toBe('#30')
})

it('shows the numbers of a job in its log line once it succeeded, not while it is said to run', async () => {
  const events = [
    entry('2', 'job_succeeded', { jobId: '30', origin: 'transition' }),
    entry('1', 'job_succeeded', { jobId: '29', origin: 'transition' }),
  ]
  await setup({ 'events.page': async () => ({ items: events, next: null }) })

  const [newest, older] = screen.getAllByRole('link', { name: /^Job \d+ succeeded/ }).map((link) => link.textContent)
  expect(newest?.trim()).toBe('Job 30 succeeded')
  expect(older?.trim()).toBe('Job 29 succeeded: 100 scanned, 90 changed, 1.00 s')
})

it('tells a hold in one line, as the next cell of the strip, and in the legend', async () => {
  const hold: Hold = {
    since: '2026-11-20T13:33:18Z',
    until: '2026-11-20T13:43:18Z',
    indicator: 'replication_lag',
    reason: 'replica "r2" is 18 s behind (limit 10 s)',
    value: 18,
    limit: 10,
    unit: 'seconds',
  }
  await setup({ state: { hold } })

  expect(headline()).toMatch(
    /^On hold until \d\d:43:18 — replica "r2" is 18 s behind \(limit 10 s\)\. Resumes by itself\.$/,
  )
  expect(legend()).toMatch(/on hold 1.*pending ~4/)
  expect(screen.getByTestId('facts').textContent).toContain('400 of ~1 000 rows')
})

it('names the session that keeps a sub-batch waiting', async () => {
  const blocker = { pid: 4_711, application: 'psql', state: 'idle in transaction', isOurs: false }
  const sessions = [
    {
      ...{ pid: 12, application: 'tranche/1 mara', state: 'active', transactionSeconds: 42 },
      blocked: { seconds: 42, by: [blocker] },
    },
    { pid: 13, application: 'tranche/1 mara', state: 'idle', transactionSeconds: null, blocked: null },
  ]
  await setup({ 'connections.sessions': async () => ({ sessions, readAtMs: Date.now() }) })

  expect(headline()).toBe('Waiting 42.0 s for a lock of session 4711 "psql", idle in transaction. Goes on by itself.')
  expect(screen.getByRole('region', { name: 'Sessions' }).textContent).toMatch(
    /1 of 2 at work.*12.*waits 42.0 s for 4711/s,
  )
})

it('opens the error of everything that is red', async () => {
  const failed = cell(26, { status: 'failed', isBlocked: true, attempts: 3 })
  const details = { exceptionClass: 'check_violation (23514)', exceptionMessage: 'no' }
  const events = [
    entry('2', 'run_ended', { details: { reason: 'failed' } }),
    entry('1', 'job_failed', { jobId: '26', origin: 'transition', details }),
  ]
  await setup({
    run: null,
    cells: [failed, ...CELLS.slice(1)],
    state: { status: 'failed', jobs: { pending: 0, running: 0, retriable: 0, blocked: 1, succeeded: 3 } },
    'events.page': async () => ({ items: events, next: null }),
  })
  const leadsTo = (link: Element | null): string | null | undefined => link?.closest('a')?.getAttribute('href')

  expect(leadsTo(screen.getByTestId('headline'))).toBe('#/c1/failures/1')
  expect(leadsTo(screen.getByRole('link', { name: /^Run failed/ }))).toBe('#/c1/failures/1')
  expect(leadsTo(screen.getByRole('link', { name: /^failed 1$/ }))).toBe('#/c1/failures/1')
  expect(leadsTo(screen.getByRole('link', { name: /^Backfill/ }))).toBe('#/c1/failures/1')
  expect(leadsTo(screen.getByRole('link', { name: /^Job 26 failed: no/ }))).toBe('#/c1/failures/1/26')
  expect(leadsTo(screen.getByRole('link', { name: /^Run ended: failed/ }))).toBe('#/c1/failures/1')
  expect(leadsTo(screen.getByText('23514'))).toBe('#/c1/failures/1/26')
})

it('says which job still goes by what was set before', async () => {
  const backend = await setup({ 'migrations.set': async () => null as never })
  const pause = screen.getByLabelText('pause')

  await fireEvent.input(pause, { target: { value: '60' } })
  await fireEvent.keyDown(pause, { key: 'Enter' })
  await settle()
  expect(screen.getByText('job 30 has 100 still')).toBeTruthy()

  backend.tell({ kind: 'jobs', connectionId: 'c1', migrationId: '1', cells: [cell(31, { status: 'running' })] })
  await rest(50)
  expect(screen.queryByText('job 30 has 100 still')).toBeNull()
})

it('tells those who listen of a pause and of a lost backend, once in 15 s and what is still so', async () => {
  const backend = await setup()
  const told = (): string | null => screen.getByRole('status', { name: 'Milestones' }).textContent
  const { state, ...view } = Object.values(backend.state().targets)[0]?.migrations['1'] ?? expect.fail('no migration')
  const become = async (status: 'active' | 'paused'): Promise<void> => {
    const migration = { ...view, state: { ...state, status } }
    backend.tell({ kind: 'migration', connectionId: 'c1', migrationId: '1', migration })
    await settle()
  }
  expect(told()).toBe('')

  await become('paused')
  expect(told()).toBe('Paused.')
  await become('active')
  backend.say({ kind: 'backend_lost', message: 'gone' })
  await settle()
  expect(told()).toBe('Paused.')
  await rest(15_000)
  expect(told()).toMatch(/^No answer since /)

  backend.say({ kind: 'backend_back' })
  await settle()
  await rest(15_000)
  expect(told()).toBe('Answers again. Migration active.')
})

it('tells sessions, replication lag and the size of its file in the status bar, and only what is known', async () => {
  const session = { application: 'tranche/1.0.0 mara', transactionSeconds: null, blocked: null }
  await setup({
    'connections.sessions': async () => ({
      sessions: ['active', 'idle'].map((state, pid) => ({ ...session, pid, state })),
      readAtMs: 0,
    }),
    'connections.replicas': async () => ({
      replicas: [
        { name: 'r1', lagSeconds: 0.4 },
        { name: 'r2', lagSeconds: 1.2 },
        { name: 'r3', lagSeconds: null },
      ],
    }),
  })
  const bar = screen.getByRole('contentinfo').textContent.replaceAll(/\s+/g, ' ')

  expect(bar).toContain('2 sessions')
  expect(bar).toContain('lag 1.20 s, worst of 2')
  expect(bar).not.toContain('console.db')
})
