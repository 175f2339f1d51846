import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { LiveRun } from '../../src/shared/app-state.ts'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import type { JobCell } from '../../src/shared/job-view.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { Answers } from './support/fake-backend.ts'
import { expectAccessible, openConsole, settle } from './support/open-console.ts'

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
      'migrations.health': async () => ({ readings: [], readAtMs: 0 }),
      'catalogue.list': async () => Promise.reject(new TrancheError('catalogue_missing', 'no folder')),
      ...answers,
    },
  })
}

const headline = (): string => screen.getByTestId('headline').textContent.replaceAll('\u00a0', ' ')
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

  expect(headline()).toMatch(/^Backend lost at .*: its last sub-batch is in doubt until it is back\.$/)
  expect(steps()).toContain('no answer')
  expect(moving()).toBe(0)
  expect(document.querySelector('.band')?.textContent).toContain('no backend since')
  expect(screen.getByRole('contentinfo').textContent).toContain('a console that is started anew has a new address')
  expect(screen.queryByRole('button', { name: /Pause|Stop/ })).toBeNull()
  expect(screen.getByLabelText('batch size')).toHaveProperty('disabled', true)
  await fireEvent.keyDown(document.body, { key: ' ' })
  expect(backend.asked('migrations.pause')).toEqual([])
})

it('reads jobs and log again when the backend is back', async () => {
  const backend = await setup()
  const read = (): number[] => [backend.asked('jobs.page').length, backend.asked('events.page').length]
  expect(read()).toEqual([1, 1])

  backend.say({ kind: 'backend_lost', message: 'gone' })
  await settle()
  expect(read()).toEqual([1, 1])
  backend.say({ kind: 'backend_back' })
  await settle()

  expect(read()).toEqual([2, 2])
  expect(headline()).toContain('Running')
})

it('offers to try a lost target at once, and nothing that needs it', async () => {
  const backend = await setup({ 'connections.retry': async () => null as never })
  const { migrations: _, ...target } = Object.values(backend.state().targets)[0] ?? expect.fail('no target')
  const link = { kind: 'lost', sinceMs: 0, message: 'gone', tries: 1, nextTryAtMs: 1_000 } as const
  backend.tell({ kind: 'target', connectionId: 'c1', target: { ...target, link } })
  await settle()

  expect(headline()).toBe('Connection lost: the last sub-batch is in doubt until it is back.')
  expect(screen.queryByRole('button', { name: /Pause|Stop/ })).toBeNull()
  await fireEvent.click(screen.getByRole('button', { name: 'Try now' }))
  expect(backend.asked('connections.retry')).toHaveLength(1)
})
