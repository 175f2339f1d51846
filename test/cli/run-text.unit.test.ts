import { expect, it } from 'vitest'
import { runText } from '../../src/cli/text/run-text.ts'
import { migrationState } from '../support/migration-state.ts'

it.each([
  [{ jobsRun: 184, jobsFailed: 0, attempts: 184 }, '184 jobs, '],
  [{ jobsRun: 184, jobsFailed: 0, attempts: 186 }, '184 jobs (186 attempts), '],
  [{ jobsRun: 184, jobsFailed: 1, attempts: 186 }, '184 jobs (1 of them failed, 186 attempts), '],
  [{ jobsRun: 2, jobsFailed: 1, attempts: 2 }, '2 jobs (1 of them failed), '],
])('counts jobs once each, with their attempts beside where those are more: %o', (counts, told) => {
  const run = {
    ...({ migration: migrationState(), done: true, reason: 'failed', failure: null, seconds: 2 } as const),
    ...{ rows: { scanned: 400, changed: 390, unresolved: 0, quarantined: 0, exact: true }, ...counts },
  }
  expect(runText(run, null)).toContain(`This run: ${told}400 rows scanned, 390 changed in 2`)
})
