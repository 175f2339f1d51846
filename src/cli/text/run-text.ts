/** How a run ended, in a sentence, with its counts. */
import type { RunValue } from '../../shared/cli-output.ts'
import { formatDuration } from '../../shared/format-duration.ts'
import { countOf, formatCount, formatRate } from '../../shared/format-number.ts'
import { shownId } from '../subject.ts'

/** `jobId`: what was driven is that job alone. */
export function runText(run: RunValue, jobId: string | null): string {
  const { migration, reason, jobsRun, jobsFailed, attempts, rows, seconds } = run
  const isBad = reason === 'failed' || (jobId !== null && jobsFailed > 0)
  const sign = isBad ? '✕' : reason === 'paused' || reason === 'taken_over' || reason === 'aborted' ? '!' : '✓'
  const asides = [
    ...(jobsFailed === 0 ? [] : [`${formatCount(jobsFailed)} of them failed`]),
    ...(attempts === jobsRun ? [] : [countOf(attempts, 'attempt')]),
  ]
  const counts = `${countOf(jobsRun, 'job')}${asides.length === 0 ? '' : ` (${asides.join(', ')})`}, ${countOf(rows.scanned, 'row')} scanned, ${formatCount(rows.changed)} changed${leftOf(rows)}`
  const rate = seconds > 0 && rows.scanned > 0 ? `, ${formatRate(rows.scanned / seconds)}` : ''
  const done = reason === 'nothing_to_do' ? '' : ` This run: ${counts} in ${formatDuration(seconds)}${rate}.`
  return `${sign} ${migration.jobClassName} (${shownId(migration)}) ${jobId === null ? sentenceOf(run) : (jobSentence(run, jobId) ?? sentenceOf(run))}${done}`
}

/** null: the end of the migration says more than that of its job. */
function jobSentence({ reason, jobsFailed, migration: { status } }: RunValue, jobId: string): string | null {
  if (status !== 'active') return null
  if (reason === 'nothing_to_do') return `goes on: its job ${jobId} has succeeded already, nothing to do.`
  if (reason === 'job_limit') return `goes on: its job ${jobId} ${jobsFailed > 0 ? 'failed' : 'succeeded'}.`
  return null
}

/** Rows that somebody should look at. */
function leftOf({ unresolved, quarantined }: RunValue['rows']): string {
  const left = [
    ...(unresolved === 0 ? [] : [`${formatCount(unresolved)} unresolved`]),
    ...(quarantined === 0 ? [] : [`${formatCount(quarantined)} quarantined`]),
  ]
  return left.length === 0 ? '' : `, ${left.join(', ')}`
}

function sentenceOf({ reason, migration: { id, status } }: RunValue): string {
  switch (reason) {
    case 'finished':
      return `finished. Next: tranche verify ${id}.`
    case 'nothing_to_do':
      return `is ${status} already: nothing to do.`
    case 'job_limit':
      return status === 'active'
        ? 'goes on another time: the number of jobs was reached.'
        : `is ${status}: the number of jobs was reached.`
    case 'failed':
      return 'failed.'
    case 'paused':
      return 'was paused meanwhile.'
    case 'taken_over':
      return 'was taken over by another runner.'
    case 'aborted':
      return 'was stopped; its claims are released.'
  }
}
