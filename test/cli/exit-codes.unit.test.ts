import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/answer.ts'
import { ERROR_EXIT_CODES, type ErrorCode, toAppError, TrancheError } from '../../src/shared/errors.ts'

const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')

function exit(thrown: unknown, signalled: number | null = null): number {
  return exitCodeOf(toAppError(thrown), signalled)
}

test.each([
  [1, ['unexpected']],
  [2, ['usage', 'invalid_arguments', 'invalid_setting', 'unknown_class', 'definition_invalid', 'column_not_unique']],
  [3, ['migration_failed', 'job_failed', 'check_failed', 'precondition_failed', 'unfinished', 'error_budget_exceeded']],
  [4, ['target_unreachable', 'target_lost', 'target_refused_login', 'database_missing']],
  [5, ['environment_required', 'confirmation_required', 'definition_drift', 'privilege_missing', 'table_busy']],
  [6, ['stopped', 'wait_timeout', 'target_exhausted', 'target_locked', 'planning_timeout']],
] as const satisfies readonly (readonly [number, readonly ErrorCode[]])[])(
  'exit code %i stands for its kind of error, as the page says',
  (exitCode, codes) => {
    for (const code of codes) expect([code, exit(new TrancheError(code, 'x'))]).toEqual([code, exitCode])
    expect(page).toMatch(new RegExp(`^\\| ${String(exitCode)} \\| `, 'm'))
  },
)

test('what nobody expected exits 1, and what a signal stopped exits with that signal', () => {
  expect(exit(new Error('oops'))).toBe(1)
  expect(exit(new TrancheError('stopped', 'x'), 130)).toBe(130)
  expect(exit(new TrancheError('stopped', 'x'), 143)).toBe(143)
  // What failed of its own before it was stopped is told as that.
  expect(exit(new TrancheError('migration_failed', 'x'), 130)).toBe(3)
  expect(new Set(Object.values(ERROR_EXIT_CODES))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
})
