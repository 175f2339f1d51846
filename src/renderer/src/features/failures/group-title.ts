import type { FailedJobValue, FailureGroupValue } from '../../../../shared/cli-output.ts'
import { commonMessage } from './common-message.ts'

/** What the failures of a group have in common; jobs that failed otherwise at another attempt say nothing here. */
export function titleOf({ message }: FailureGroupValue, jobs: readonly FailedJobValue[]): string {
  const lines = jobs.flatMap(({ log }) => {
    const last = log.findLast(({ nextStatus }) => nextStatus === 'failed')
    return last === undefined || last.exceptionMessage === null ? [] : [last.exceptionMessage.split('\n', 1)[0] ?? '']
  })
  return lines.length === 0 ? message : commonMessage(lines)
}
