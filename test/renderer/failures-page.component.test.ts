import { fireEvent, screen, within } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { FailedJobValue, FailuresValue, JobValue, TransitionValue } from '../../src/shared/cli-output.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { Answers } from './support/fake-backend.ts'
import { expectAccessible, openConsole, settle } from './support/open-console.ts'

const DIVISION = { group: 'g1', exceptionClass: 'division_by_zero (22012)', message: 'division by zero' }
const TIMEOUT = { group: 'g2', exceptionClass: 'query_canceled (57014)', message: 'statement timeout' }

function failed(id: string, group: typeof DIVISION, given: { isBlocked: boolean }): FailedJobValue {
  const at = '2026-11-20T10:00:00Z'
  const log: TransitionValue = {
    ...{ id: `${id}0`, jobId: id, at, previousStatus: 'running', nextStatus: 'failed' },
    ...{ exceptionClass: group.exceptionClass, exceptionMessage: `${group.message}, the whole of it` },
  }
  const job: JobValue = {
    ...{ id, migrationId: '1', status: 'failed', minValue: `${id}01`, maxValue: `${id}99`, minCursor: null },
    ...{ maxCursor: null, batchSize: 100, subBatchSize: 10, attempts: given.isBlocked ? 3 : 1, createdAt: at },
    ...{ startedAt: at, finishedAt: at, cursor: null, epoch: '1', runnerId: null },
    rows: { scanned: 0, changed: 0, unresolved: 0, quarantined: 0, exact: true },
  }
  return { job, ...given, group: group.group, log: [log] }
}

const JOBS = [
  failed('4', DIVISION, { isBlocked: true }),
  failed('6', DIVISION, { isBlocked: true }),
  failed('8', TIMEOUT, { isBlocked: false }),
]
const FAILURES: FailuresValue = {
  groups: [DIVISION, TIMEOUT].map((group) => ({
    ...{ ...group, jobCount: 1, count: 3, firstAt: '2026-11-20T10:00:00Z', lastAt: '2026-11-20T10:05:00Z' },
  })),
  jobs: JOBS,
}
const NONE: FailuresValue = { groups: [], jobs: [] }

async function setup({
  detail = '',
  failures = FAILURES,
  quarantined = 0,
  ...answers
}: Answers & { detail?: string; failures?: FailuresValue; quarantined?: number } = {}) {
  const blocked = failures.jobs.filter(({ isBlocked }) => isBlocked).length
  const retriable = failures.jobs.length - blocked
  const backend = await openConsole({
    place: `failures/1${detail}`,
    migrations: [
      {
        ...{ id: '1', status: 'failed', jobs: { pending: 0, running: 0, retriable, blocked, succeeded: 7 } },
        rows: { scanned: 400, changed: 390, unresolved: 0, quarantined, exact: true },
      },
    ],
    answers: {
      'verification.last': async () => null,
      'failures.list': async () => failures,
      'jobs.get': async ({ jobId }) => JOBS.find(({ job }) => job.id === jobId) ?? Promise.reject(new Error('gone')),
      ...answers,
    },
  })
  const press = async (name: string | RegExp): Promise<void> => {
    await fireEvent.click(screen.getByRole('button', { name }))
    await settle()
  }
  return { backend, press, jobs: () => within(screen.getByLabelText('Jobs of this group')) }
}

it('shows the first job that waits for somebody, with its whole error', async () => {
  const { jobs } = await setup()

  expect(screen.getByText('2 jobs failed, for 1 reason.')).toBeTruthy()
  expect(
    jobs()
      .getAllByRole('link')
      .map((link) => link.textContent),
  ).toEqual(['failed job 4', 'failed job 6'])
  expect(screen.getByTestId('job-error').textContent).toContain('22012 division_by_zero')
  expect(screen.getByTestId('job-error').textContent).toContain('division by zero, the whole of it')
  await expectAccessible()
})

it('shows the jobs of the group that is chosen, apart what a run tries again by itself', async () => {
  const { press, jobs } = await setup()

  await press(/statement timeout/)

  expect(jobs().getByRole('rowheader').textContent).toBe('Will be tried again (1)')
  expect(screen.getByTestId('job-error').textContent).toContain('statement timeout, the whole of it')
  expect(screen.queryByRole('button', { name: 'Retry group' })).toBeNull()
})

it('opens the job of the address, and the next failed one with n', async () => {
  await setup({ detail: '/4' })

  await fireEvent.keyDown(document.body, { key: 'n' })

  expect(window.location.hash).toBe('#/c1/failures/1/6')
})

it('retries all that failed, in the size that was chosen, and reads again', async () => {
  const { backend, press } = await setup({
    'migrations.retry': async () => ({ retried: 2 }) as never, // what else it answers is not read here
  })
  await fireEvent.click(screen.getByRole('radio', { name: 'Half size' }))

  await press('Retry failed (2)')

  expect(backend.asked('migrations.retry')).toMatchObject([{ migrationId: '1', size: 'half', isConfirmed: true }])
  expect(backend.asked('failures.list')).toHaveLength(2)
})

it('retries one group alone', async () => {
  const { backend, press } = await setup({ 'migrations.retry': async () => ({ retried: 2 }) as never })

  await press('Retry group')

  expect(backend.asked('migrations.retry')).toMatchObject([{ group: 'g1', size: 'same' }])
})

it('says why a retry was refused, and that nothing was changed', async () => {
  const { press } = await setup({
    'migrations.retry': async () => Promise.reject(new TrancheError('target_lost', 'the connection is gone')),
  })

  await press('Retry failed (2)')

  expect(screen.getByRole('main').textContent).toContain('the connection is gone')
  expect(screen.getByRole('main').textContent).toContain('The jobs are as they were.')
  await expectAccessible()
})

it('has a face for nothing', async () => {
  await setup({ failures: NONE })

  expect(screen.getByText('No job of this migration has failed.')).toBeTruthy()
  expect(screen.getByText('No failure to read.')).toBeTruthy()
  await expectAccessible()
})

it('has a face for what cannot be read, and reads it again', async () => {
  let isAway = true
  const { press } = await setup({
    'failures.list': async () => (isAway ? Promise.reject(new TrancheError('target_lost', 'no answer')) : FAILURES),
  })
  expect(screen.getByRole('main').textContent).toContain('no answer')

  isAway = false
  await press('Try again')

  expect(screen.getByTestId('job-error')).toBeTruthy()
})

it.each([
  [true, 'The definition’s onQuarantine was given it, so it may have been changed.'],
  [false, 'The row is as before.'],
  [null, null],
])('tells of a row in quarantine what became of it: onQuarantine %s', async (hasOnQuarantine, told) => {
  await setup({
    detail: '/quarantine',
    ...{ failures: NONE, quarantined: 1 },
    'failures.quarantined': async () => ({
      items: [
        {
          ...{ id: '1', jobId: '3', key: ['42'], errorClass: 'BadRow', errorMessage: 'no name', stack: null },
          at: '2026-11-20T10:00:00Z',
        },
      ],
      next: null,
      hasOnQuarantine,
    }),
  })
  const { textContent } = screen.getByRole('complementary', { name: 'Row in quarantine' })

  expect(textContent).toContain(`${told === null ? '' : `${told} `}Verify counts it apart.`)
  expect(/as before|changed/.test(textContent)).toBe(told !== null)
})
