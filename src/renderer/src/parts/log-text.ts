/** A line of the log in words: what happened first, its numbers after it. */
import type { LogEntry } from '../../../shared/history-view.ts'
import { decidedBy } from '../../../shared/decided-by.ts'
import { countOf } from '../../../shared/format-number.ts'
import { INDICATOR_NAMES, indicatorLabel } from '../../../shared/health.ts'
import { describeFailure, type MigrationFailure } from '../../../shared/migration-failure.ts'
import type { GlyphName, Tone } from './glyphs.ts'
import { steppedSaid } from './stepped-log-text.ts'
import { timeSeenFrom } from './time.ts'

export interface LogLine {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly who: string
  /** The verb of design.md, for tables. */
  readonly action: string
  readonly lead: string
  readonly rest: string
}

type Said = Pick<LogLine, 'glyph' | 'tone' | 'lead' | 'rest'>

const say = (glyph: GlyphName, tone: Tone, lead: string, rest = ''): Said => ({ glyph, tone, lead, rest })

export function logLine(entry: LogEntry): LogLine {
  return { who: whoOf(entry), action: entry.kind.replaceAll('_', ' '), ...saidOf(entry) }
}

function whoOf(entry: LogEntry): string {
  if (entry.origin === 'transition') return 'runner'
  if (entry.origin === 'console') return 'console'
  return decidedBy(entry) ?? entry.operator ?? 'somebody'
}

function saidOf({ kind, jobId, details, atMs }: LogEntry): Said {
  const job = jobId === null ? 'Job' : `Job ${jobId}`
  const text = (name: string): string => plain(details[name])
  const time = (name: string): string => {
    // Kept as the target had it, which an older console may have written.
    const isTime = !Number.isNaN(Date.parse(text(name)))
    return isTime ? timeSeenFrom(text(name), atMs) : text(name)
  }
  switch (kind) {
    case 'job_started':
      return say('running', 'running', `${job} started`)
    case 'job_succeeded':
      return say('done', 'done', `${job} succeeded`)
    case 'job_failed':
      return say(
        'failed',
        'failed',
        `${job} failed`,
        `: ${text('exceptionMessage').split('\n')[0] ?? ''} (${text('exceptionClass')})`,
      )
    case 'job_released':
      return details.previousStatus === 'failed'
        ? say('retrying', 'retrying', `${job} is pending again`, ', attempts 0')
        : say('pending', 'pending', `${job} was given back`, ', its cursor is kept')
    case 'queue':
      return say('pending', 'text', 'Queued')
    case 'run':
      return say('running', 'text', 'Run started', details.force === true ? ', health is ignored' : '')
    case 'run_ended':
      return say(
        ...endGlyph(details.reason),
        'Run ended',
        details.reason === undefined ? '' : `: ${text('reason').replaceAll('_', ' ')}`,
      )
    case 'pause':
      return say('paused', 'paused', 'Paused', ', takes effect at the next sub-batch')
    case 'resume':
      return say('running', 'text', 'Resumed', details.from === undefined ? '' : ` from ${text('from')}`)
    case 'set':
      return say('pace', 'text', `Set ${changesOf(details)}`, ', from the next job on')
    case 'retry':
      return say(
        'retrying',
        'retrying',
        'Retry',
        `: ${countOf(Number(details.retried ?? 0), 'failed job')} got ${details.retried === 1 ? 'its' : 'their'} attempts back`,
      )
    case 'hold':
      return say(
        'holding',
        'holding',
        details.isLonger === true ? 'Hold made longer' : 'On hold',
        ` until ${time('until')}: ${indicatorOf(details.indicator)}${text('reason')}`,
      )
    case 'hold_ended':
      return say('running', 'text', 'Hold ended', details.isEarly === true ? ' early: the signal cleared' : '')
    case 'optimize':
      return say(
        'pace',
        'text',
        details.from === details.to ? 'Batch size left' : 'Batch size tuned',
        `: ${text('from')} → ${text('to')}, jobs take ${shareOf(details.efficiency)} of the interval${TUNED[text('because')] ?? ''}`,
      )
    case 'sub_batch_shrunk':
      return say(
        'pace',
        'retrying',
        `${job} goes on in smaller sub-batches`,
        `: ${text('from')} → ${text('to')}, it timed out`,
      )
    case 'job_split':
      return say('pace', 'retrying', `${job} was split`, `, it timed out at its last attempt: ${halves(details)}`)
    case 'split':
      return say('pace', 'text', `${job} was split`, `: ${halves(details)}`)
    case 'planned_by_rows':
      return say('pace', 'text', `Jobs are made by ${text('scanRows')} rows read`, `: ${text('because')}`)
    case 'requeue':
      return say('retrying', 'text', 'Requeued', ` from ${text('from')}, as migration ${text('requeuedAs')}`)
    case 'requeued_from':
      return say(
        'pending',
        'text',
        'Queued again',
        `, in the place of migration ${text('migrationId')}, which is in the archive`,
      )
    case 'delete':
      return say('off', 'text', 'Deleted', `, it was ${text('from')}; its rows are in the archive`)
    case 'verify':
      return details.holds === true
        ? say('done', 'done', 'Verified', `: holds, proven by ${text('proven').replaceAll('_', ' ')}`)
        : say('failed', 'failed', 'Verified', `: does not hold${failedOf(details.failed)}`)
    case 'finalize':
      return say('running', 'text', 'Finalizing began')
    case 'finalized':
      return say('finalized', 'finalized', 'Finalized', ': sealed')
    case 'finished':
      return say('done', 'done', 'Finished', `: ${countOf(Number(details.jobs ?? 0), 'job')} succeeded`)
    case 'failed':
      return say('failed', 'failed', 'Failed', `: ${describeFailure(details as unknown as MigrationFailure)}`)
    case 'work':
      return say(
        'running',
        'text',
        'Schedule began',
        `, ${countOf(Number(details.parallel ?? 1), 'migration')} at a time`,
      )
    case 'work_ended':
      return say('note', 'text', 'Schedule ended', `, ${countOf(Number(details.jobsRun ?? 0), 'job')} run`)
    case 'scheduling_on':
      return say('running', 'text', 'Scheduling switched on')
    case 'scheduling_off':
      return say('paused', 'paused', 'Scheduling switched off', ': no scheduler begins a job')
    case 'finalizing_ended':
      return say('note', 'text', 'Finalizing ended', ` with nobody at it; it is ${text('to')} again`)
    case 'install':
      return say('note', 'neutral', 'Tracking schema installed', `, version ${text('version')}`)
    case 'waiting':
      return say(
        'holding',
        'holding',
        'Waiting',
        `: ${text('reason').replaceAll('_', ' ')}${details.until === null || details.until === undefined ? '' : `, until ${time('until')}`}`,
      )
    case 'connection_lost':
      return say('off', 'text', 'Connection lost', `: ${text('message')}`)
    case 'connection_back':
      return say(
        'done',
        'done',
        'Connection back',
        jobId === null ? '' : `: the sub-batch of job ${jobId} was ${text('outcome').replaceAll('_', ' ')}`,
      )
    case 'run_failed':
      return say('failed', 'failed', 'Run failed', `: ${text('message')}`)
    case 'sub_batch_repeated':
      return say(
        'retrying',
        'retrying',
        jobId === null ? 'Sub-batch repeated' : `Sub-batch of job ${jobId} repeated`,
        ` after ${CONTENTION[text('sqlstate')] ?? 'contention'} (${text('sqlstate')}); nothing of it was committed`,
      )
    case 'definition_log':
      return say('note', 'neutral', 'Definition says', `: ${text('message')}`)
    default:
      return say(...(steppedSaid(kind, details) ?? ['note', 'neutral', kind.replaceAll('_', ' '), restOf(details)]))
  }
}

/** What makes a sub-batch be done again: somebody else was at the same rows. */
const CONTENTION: Readonly<Record<string, string>> = {
  '55P03': 'a lock that another session kept',
  '40P01': 'a deadlock',
  '40001': 'a serialization failure',
}

function indicatorOf(name: unknown): string {
  const known = INDICATOR_NAMES.find((each) => each === name)
  return known === undefined ? '' : `${indicatorLabel(known)}: `
}

const TUNED: Readonly<Record<string, string>> = {
  within_band: ', as they should',
  faster: ', so there is room for more',
  slower: ', which is too much',
  at_limit: ', and a limit keeps it there',
}

function shareOf(value: unknown): string {
  return typeof value === 'number' ? `${String(Math.round(value * 100))} %` : plain(value)
}

function halves({ secondJobId, batchSize }: Readonly<Record<string, unknown>>): string {
  return secondJobId === null || secondJobId === undefined
    ? 'nothing was left to divide, its next run ends it'
    : `job ${plain(secondJobId)} has the second half, batch size ${plain(batchSize)} each`
}

function changesOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${wordsOf(name)} ${plain(value)}`)
    .join(', ')
}

/** `batchSize` → `batch size`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function failedOf(names: unknown): string {
  return Array.isArray(names) && names.length > 0 ? `, ${names.map(plain).join(', ')}` : ''
}

function restOf(details: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(details).map(([name, value]) => `${wordsOf(name)} ${plain(value)}`)
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function endGlyph(reason: unknown): readonly [GlyphName, Tone] {
  switch (reason) {
    case 'failed':
      return ['failed', 'failed']
    case 'paused':
      return ['paused', 'paused']
    case 'finished':
      return ['done', 'done']
    default:
      return ['note', 'text']
  }
}
