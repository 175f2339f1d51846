import { expect, it } from 'vitest'
import { holdSpans, marksOf } from '../../src/renderer/src/features/run/lane-marks.ts'
import { lockWaitOf, lockWaitSentence } from '../../src/renderer/src/features/run/session-words.ts'
import { logLine } from '../../src/renderer/src/parts/log-text.ts'
import { provingText } from '../../src/renderer/src/parts/proving-text.ts'
import { atWork } from '../../src/renderer/src/shell/at-work.ts'
import type { MigrationView, TargetView } from '../../src/shared/app-state.ts'
import type { LogEntry } from '../../src/shared/history-view.ts'
import type { SessionView } from '../../src/shared/session-view.ts'
import { migrationState } from '../support/migration-state.ts'

function entry(kind: string, given: Partial<LogEntry> = {}): LogEntry {
  return {
    ...{ entryId: '1', origin: 'journal', atMs: 60_000, migrationId: '1', jobId: null, kind, operator: 'mara' },
    ...{ host: 'lt', details: {} },
    ...given,
  }
}

it('signs what health and the optimizer decide with their names, and what people do with theirs', () => {
  const who = (kind: string, details: LogEntry['details'] = {}): string => logLine(entry(kind, { details })).who

  expect([who('hold', { indicator: 'wal_rate' }), who('hold_ended'), who('optimize')]).toEqual([
    'health',
    'health',
    'optimizer',
  ])
  expect([who('hold', { indicator: null }), who('pause'), who('set')]).toEqual(['mara', 'mara', 'mara'])
})

it('says why a sub-batch was repeated, and of which job', () => {
  const { lead, rest } = logLine(entry('sub_batch_repeated', { jobId: '7', details: { sqlstate: '55P03' } }))

  expect(`${lead}${rest}`).toBe(
    'Sub-batch of job 7 repeated after a lock that another session kept (55P03); nothing of it was committed',
  )
})

it('marks holds with how long they took, and leaves out what stands too near to something newer', () => {
  const ended = entry('hold_ended', { atMs: 30_000, details: { since: new Date(10_000).toISOString() } })
  const entries = [
    entry('job_failed', { atMs: 90_000, jobId: '9' }),
    entry('job_failed', { atMs: 88_000, jobId: '8' }),
    entry('set', { atMs: 60_000, details: { pauseMs: 60 } }),
    ended,
  ]
  const holds = holdSpans(entries, null, 99_000)

  expect(holds).toEqual([{ fromMs: 10_000, toMs: 30_000 }])
  expect(marksOf(entries, holds, 5_000).map(({ text, jobId }) => [text, jobId])).toEqual([
    ['9', '9'],
    ['pause 60 ms', null],
    ['20.0 s', null],
  ])
})

it('tells one wait for a lock across the tries of its sub-batch, and none for our own lanes', () => {
  const session = (seconds: number, isOurs: boolean): SessionView => ({
    ...{ pid: 1, application: 'tranche/1 mara', state: 'active', transactionSeconds: seconds },
    blocked: { seconds, by: [{ pid: 4_711, application: null, state: 'active', isOurs }] },
  })

  expect(lockWaitOf([session(9, true)], 10_000, null)).toBeNull()
  expect(lockWaitOf([session(0.2, false)], 10_000, null)).toBeNull()
  const first = lockWaitOf([session(2, false)], 10_000, null)
  const between = lockWaitOf([], 12_000, first)
  const again = lockWaitOf([session(0.2, false)], 14_000, between)
  expect(again === null ? null : lockWaitSentence(again, 14_000)).toBe(
    'Waiting 6.00 s for a lock of session 4711, active. Goes on by itself.',
  )
  expect(lockWaitOf([], 30_000, again)).toBeNull()
})

it('says what is asked right now while verifying', () => {
  const proving = { kind: 'running', what: 'verify', sinceMs: 0, checks: [], statements: [] } as const
  const step = { kind: 'exception', name: 'bots', sinceMs: 1_000, checks: 7 } as const

  expect(provingText({ ...proving, step }, 13_000)).toBe(
    '0 of 7 checks answered; now counting the exception "bots", 12.0 s.',
  )
})

it('names all that this console does, also when it runs nothing', () => {
  const view = (given: Partial<MigrationView>): MigrationView => ({
    ...{ state: migrationState(), readAtMs: 0, run: null, proving: null },
    ...given,
  })
  const target = (views: readonly MigrationView[], worker: TargetView['stepped']['worker']): TargetView =>
    ({ migrations: Object.fromEntries(views.entries()), stepped: { list: null, worker } }) as unknown as TargetView // the rest is not read
  const proving = { kind: 'running', what: 'verify', sinceMs: 0, step: null, checks: [], statements: [] } as const

  const hold = { until: '', since: null, indicator: null, reason: 'by hand', value: null, limit: null, unit: null }
  const run = {
    runId: 'r',
    startedAtMs: 0,
    parallel: 1,
    isStopping: false,
    progress: null,
    isInDoubt: false,
    end: null,
  }
  const off = { kind: 'off', lastRun: null } as const

  expect(atWork(target([view({})], off))).toBeNull()
  expect(
    atWork(
      target([view({ proving })], { kind: 'on', sinceMs: 0, isStopping: false, lastRun: null, nextTurnAtMs: null }),
    ),
  ).toEqual({
    text: 'This console verifies 1 migration, works through stepped migrations',
    isOnHold: false,
  })
  expect(atWork(target([view({ run, state: migrationState({ hold }) })], off))).toEqual({
    text: 'This console runs 1 migration (1 on hold)',
    isOnHold: true,
  })
})
