/** `--log-format json`: what happens as JSON lines on stderr, with the field names that GitLab's logs have. */
import type { Engine } from '../engine/engine.ts'
import type { EngineEvents } from '../engine/events.ts'
import type { Logger } from '../engine/ports.ts'
import { stripControls } from '../shared/escape-markdown.ts'
import type { HealthReading } from '../shared/health.ts'
import type { Terminal } from './terminal.ts'

/** The terminal's notes as lines of the same log, their sign as severity; nothing is drawn over. */
export function jsonTerminal(terminal: Terminal, logger: Logger): Terminal {
  return {
    ...terminal,
    isWatched: false,
    note(text) {
      const [, sign = '', rest = ''] = /^\s*([✓✕!]?) ?(.*)$/su.exec(stripControls(text)) ?? []
      logger.log(sign === '✕' ? 'error' : sign === '!' ? 'warn' : 'info', rest)
    },
    showProgress() {
      // a log has lines, and each fact has its own
    },
  }
}

interface Described {
  readonly batched_migration_id: string
  readonly job_class_name: string | null
  readonly job_arguments: readonly unknown[] | null
}

/** Writes the engine's events as log lines (`prefix`: before ids, where several databases are driven); returns the way to end that. One line per fact, at most a handful per job. */
export function logEvents(engine: Engine, logger: Logger, prefix = ''): () => void {
  const known = new Map<string, Described & { readonly correlation_id: string }>()
  const about = (migrationId: string): Described =>
    known.get(migrationId) ?? {
      batched_migration_id: `${prefix}${migrationId}`,
      job_class_name: null,
      job_arguments: null,
    }
  const transition = (
    { migrationId, jobId }: { readonly migrationId: string; readonly jobId: string },
    states: readonly [string, string],
    rest: Readonly<Record<string, unknown>> = {},
  ): void => {
    const [previous_state, new_state] = states
    const isFailure = new_state === 'failed'
    const fields = { batched_job_id: jobId, previous_state, new_state, ...about(migrationId), ...rest }
    logger.log(isFailure ? 'warn' : 'info', 'BatchedJob transition', fields)
  }
  const stops = [
    engine.on('run:started', ({ migrationId, runnerId, migration: { jobClassName, jobArguments } }) => {
      known.set(migrationId, {
        batched_migration_id: `${prefix}${migrationId}`,
        job_class_name: jobClassName,
        job_arguments: jobArguments,
        correlation_id: runnerId,
      })
    }),
    engine.on('job:started', ({ from, attempt, epoch, ...job }) => {
      transition(job, [from, 'running'], { attempt, epoch })
    }),
    engine.on('job:succeeded', ({ seconds, scanned, changed, ...job }) => {
      transition(job, ['running', 'succeeded'], { duration_s: seconds, scanned, changed })
    }),
    engine.on('job:failed', ({ attempt, exceptionClass, exceptionMessage, ...job }) => {
      transition(job, ['running', 'failed'], {
        attempt,
        exception_class: exceptionClass,
        exception_message: exceptionMessage,
      })
    }),
    engine.on('job:shrunk', ({ migrationId, jobId, from, to, attempts }) => {
      logger.log('warn', 'Sub batch size reduced due to timeout', {
        ...about(migrationId),
        batched_job_id: jobId,
        sub_batch_size: from,
        reduced_sub_batch_size: to,
        attempts,
      })
    }),
    engine.on('job:split', ({ migrationId, jobId, secondJobId, batchSize, attempts }) => {
      logger.log('warn', 'BatchedJob split', {
        ...about(migrationId),
        batched_job_id: jobId,
        second_batched_job_id: secondJobId,
        batch_size: batchSize,
        attempts,
      })
    }),
    engine.on('job:released', ({ reason, ...job }) => {
      transition(job, ['running', 'pending'], { reason })
    }),
    engine.on('job:taken_over', ({ fromRunner, ...job }) => {
      transition(job, ['running', 'pending'], { reason: 'RunnerVanished', from_runner: fromRunner })
    }),
    engine.on('migration:changed', ({ migrationId, event, from, to }) => {
      logger.log('info', 'BatchedMigration transition', {
        ...about(migrationId),
        event,
        previous_state: from,
        new_state: to,
      })
    }),
    engine.on('hold:began', ({ migrationId, until, since, ...hold }) => {
      const duration_s = since === null ? null : (Date.parse(until) - Date.parse(since)) / 1000
      logger.log('warn', 'Batched migration put on hold', {
        ...about(migrationId),
        duration_s,
        until,
        health_status_indicator: hold.indicator,
        signal_reason: hold.reason,
        value: hold.value,
        limit: hold.limit,
      })
    }),
    engine.on('hold:ended', ({ migrationId, seconds }) => {
      logger.log('info', 'Batched migration hold ended', { ...about(migrationId), duration_s: seconds })
    }),
    engine.on('health:evaluated', ({ migrationId, readings }) => {
      for (const reading of readings) logHealth(logger, about(migrationId), reading)
    }),
    engine.on('optimizer:decided', ({ migrationId, from, to, because, efficiency }) => {
      logger.log('info', 'Batch size decided', {
        ...about(migrationId),
        old_batch_size: from,
        new_batch_size: to,
        because,
        time_efficiency: efficiency,
      })
    }),
    engine.on('connection:lost', ({ migrationId, message }) => {
      logger.log('warn', 'Connection lost', { ...about(migrationId), exception_message: message })
    }),
    engine.on('connection:back', ({ migrationId, jobId, outcome }) => {
      logger.log('info', 'Connection back', { ...about(migrationId), batched_job_id: jobId, outcome })
    }),
    engine.on('definition:log', (entry) => {
      logDefinition(logger, about(entry.migrationId), entry)
    }),
    engine.on('run:ended', ({ migration: { id }, reason, jobsRun, seconds }) => {
      logger.log('info', 'Run ended', { ...about(id), reason, jobs: jobsRun, duration_s: seconds })
      known.delete(id)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** As GitLab's health log: stop and unknown only. */
function logHealth(logger: Logger, about: Described, { indicator, signal, reason }: HealthReading): void {
  if (signal !== 'stop' && signal !== 'unknown') return
  logger.log('warn', `database health: ${signal}`, {
    status_checker_id: about.batched_migration_id,
    status_checker_type: 'BatchedMigration',
    job_class_name: about.job_class_name,
    health_status_indicator: indicator,
    indicator_signal: signal,
    signal_reason: reason,
  })
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

function logDefinition(logger: Logger, about: Described, entry: EngineEvents['definition:log']): void {
  const level = LEVELS.find((each) => each === entry.level) ?? 'info'
  logger.log(level, entry.message, { ...about, batched_job_id: entry.jobId, fields: entry.fields })
}
