/** Failures by what went wrong, then job by job with every change of status. */
import type { FailedJobValue, FailuresValue } from '../../shared/cli-output.ts'
import { keyWords, rangeWords } from '../../shared/describe-range.ts'
import { formatTime } from '../../shared/format-duration.ts'
import { countOf, formatCount } from '../../shared/format-number.ts'
import { block, columns, indent } from './columns.ts'

interface Asked {
  readonly jobId?: string
  readonly group?: string
}

export function failuresText({ groups, jobs }: FailuresValue, { jobId, group: wanted }: Asked): string {
  if (jobs.length === 0) {
    const which = jobId === undefined ? 'No job' : `Job ${jobId}`
    const verb = jobId === undefined ? 'has failed' : 'has not failed'
    return `${which} ${verb}${wanted === undefined ? '' : ` in the way of group ${wanted}`}.`
  }
  const blocked = jobs.filter(({ isBlocked }) => isBlocked).length
  const rows = groups.map(({ group, count, jobCount, lastAt, exceptionClass, message }) => [
    group,
    formatCount(count),
    formatCount(jobCount),
    formatTime(lastAt),
    `${exceptionClass}: ${message}`,
  ])
  return [
    `${countOf(jobs.length, 'job')} failed at least once; ${formatCount(blocked)} of them used all attempts.`,
    ...block('Groups', columns([['GROUP', 'TIMES', 'JOBS', 'LAST', 'WHAT'], ...rows], [1, 2])),
    ...jobs.flatMap((failed) => ['', ...jobLines(failed)]),
  ].join('\n')
}

function jobLines({ job, isBlocked, group, log }: FailedJobValue): readonly string[] {
  const words = rangeWords(job)
  const range = words === null ? '' : `, keys ${words}`
  const how = isBlocked
    ? 'failed, attempts used'
    : job.status === 'failed'
      ? 'failed, will be retried'
      : `${job.status} now`
  const sign = isBlocked ? '✕' : job.status === 'succeeded' ? '✓' : '!'
  const at = job.cursor === null ? 'before its first sub-batch' : `behind key ${keyWords(job.cursor)}`
  return [
    `${sign} Job ${job.id}: ${how}, ${countOf(job.attempts, 'attempt')}, group ${group}${range}${job.status === 'failed' ? `, stopped ${at}` : ''}`,
    ...indent(
      log.flatMap(({ at: when, previousStatus, nextStatus, exceptionClass, exceptionMessage }) => [
        `${formatTime(when)}  ${previousStatus} → ${nextStatus}${exceptionClass === null ? '' : `  ${exceptionClass}`}`,
        ...(exceptionMessage === null ? [] : indent([exceptionMessage], 4)),
      ]),
    ),
  ]
}
