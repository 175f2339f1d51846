import { expect, it } from 'vitest'
import { runNotes, runSentence } from '../../src/renderer/src/features/run/sentence.ts'
import { logLine } from '../../src/renderer/src/parts/log-text.ts'
import { migrationState } from '../support/migration-state.ts'

it('tells the time left with its basis, or why it is not known', () => {
  const timeLeft = { lowSeconds: 2_280, highSeconds: 2_750, basis: 'the last 20 jobs and the estimate of rows' }
  expect(runNotes(migrationState({ timeLeft }))).toEqual([
    '38–46 min left, by the last 20 jobs and the estimate of rows.',
  ])
  expect(runNotes(migrationState({ timeLeft }), true)).toEqual([
    'Time left by the last 20 jobs and the estimate of rows.',
  ])
  expect(runNotes(migrationState({ timeLeftUnknownBecause: 'nobody drives it now' }))).toEqual([
    'Time left is not known: nobody drives it now.',
  ])
  expect(runNotes(migrationState({ status: 'finished', timeLeftUnknownBecause: 'nothing is left to do' }))).toEqual([])
})

it('says that counts are approximate, and that jobs are made by rows read', () => {
  const rows = { scanned: 400, changed: 390, unresolved: 0, quarantined: 0, exact: false }
  expect(runNotes(migrationState({ rows, scanRows: 10_000 }))).toEqual([
    'Counts are approximate: some were lost with a runner; cursors are exact.',
    'No index serves the scope: a job is what 10 000 rows read hold of it, which may be none.',
  ])
})

it('puts shrinking, splitting, tuning and removal into words', () => {
  const said = (kind: string, details: Readonly<Record<string, unknown>>, jobId: string | null = null): string => {
    const line = logLine({
      entryId: '1',
      origin: 'journal',
      atMs: 0,
      migrationId: '1',
      jobId,
      kind,
      operator: 'mara',
      host: 'lt',
      details,
    })
    return `${line.lead}${line.rest}`
  }
  expect(said('sub_batch_shrunk', { from: 100, to: 75, attempts: 1 }, '7')).toBe(
    'Job 7 goes on in smaller sub-batches: 100 → 75, it timed out',
  )
  expect(said('job_split', { secondJobId: '9', batchSize: 50 }, '7')).toBe(
    'Job 7 was split, it timed out at its last attempt: job 9 has the second half, batch size 50 each',
  )
  expect(said('split', { secondJobId: null, batchSize: 50 }, '7')).toBe(
    'Job 7 was split: nothing was left to divide, its next run ends it',
  )
  expect(said('optimize', { from: 100, to: 120, efficiency: 0.714, because: 'faster' })).toBe(
    'Batch size tuned: 100 → 120, jobs take 71 % of the interval, so there is room for more',
  )
  expect(said('planned_by_rows', { scanRows: 1000, because: 'no index serves the scope' })).toBe(
    'Jobs are made by 1000 rows read: no index serves the scope',
  )
  expect(said('requeue', { from: 'failed', requeuedAs: '2' })).toBe('Requeued from failed, as migration 2')
  expect(said('run', { force: true })).toBe('Run started, health is ignored')
})

it('says of a row of GitLab’s own what can be known of it', () => {
  const rows = { scanned: 400, changed: 0, unresolved: 0, quarantined: 0, exact: false }
  const state = migrationState({ isAttached: true, rows })
  const view = { state, readAtMs: 0, run: null, proving: null }
  expect(runSentence(view, { counts: state.jobs, toCome: 6 })).toMatch(
    /^Active, driven by GitLab's workers: 400 of ~1 000 rows scanned/,
  )
  expect(runNotes(state)).toEqual([expect.stringMatching(/^Counts are nominal/)])
})
