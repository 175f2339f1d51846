/** Tells on stderr what a run does: one line that is drawn over where somebody watches, else a plain line now and then. */
import type { Engine } from '../engine/engine.ts'
import type { RunProgress } from '../engine/types.ts'
import { formatDuration } from '../shared/format-duration.ts'
import { formatCount } from '../shared/format-number.ts'
import { holdSentence } from '../shared/health.ts'
import { fieldTexts } from './logger.ts'
import { logEvents } from './json-log.ts'
import type { Session } from './session.ts'
import { progressText } from './text/progress-text.ts'
import type { Terminal } from './terminal.ts'

/** A log that is read later wants to see that it lives, not each heartbeat. */
export const PLAIN_LINE_MS = 2_000

/** What `run` and `finalize` tell on stderr, in the session's format; the returned function ends it. */
export function tellRun(engine: Engine, session: Session, scannedBefore = 0): () => void {
  const { logFormat, logger, terminal } = session
  return logFormat === 'json' ? logEvents(engine, logger) : narrateRun(engine, terminal, scannedBefore)
}

/** The same for `work`. */
export function tellWork(engine: Engine, { logFormat, logger, terminal }: Session, prefix = ''): () => void {
  return logFormat === 'json' ? logEvents(engine, logger, prefix) : narrateWork(engine, terminal, prefix)
}

/** Starts telling; the returned function ends it. `scannedBefore`: rows scanned before this run, by anybody. */
function narrateRun(engine: Engine, terminal: Terminal, scannedBefore = 0): () => void {
  let toldAtMs = Date.now()
  let lastWaiting: string | null = null
  const onProgress = (progress: RunProgress): void => {
    const line = progressText({ ...progress, scanned: scannedBefore + progress.rows.scanned })
    terminal.showProgress(line)
    if (terminal.isWatched) return
    const isNews = progress.waitingFor !== lastWaiting && progress.waitingFor !== null
    lastWaiting = progress.waitingFor
    if (!isNews && Date.now() - toldAtMs < PLAIN_LINE_MS) return
    toldAtMs = Date.now()
    terminal.note(line.trim())
  }
  const stops = [
    engine.on('run:progress', onProgress),
    engine.on('job:failed', ({ jobId, attempt, exceptionClass, exceptionMessage }) => {
      terminal.note(
        `✕ job ${jobId}, attempt ${String(attempt)}: ${exceptionClass}: ${exceptionMessage.split('\n', 1)[0] ?? ''}`,
      )
    }),
    ...tellSmaller(engine, terminal, ({ jobId }) => `job ${jobId}`),
    engine.on('job:taken_over', ({ jobId }) => {
      terminal.note(`! job ${jobId} was taken over from a runner that is gone`)
    }),
    engine.on('connection:lost', ({ message }) => {
      terminal.note(`! connection lost: ${message}`)
    }),
    engine.on('connection:back', ({ jobId, outcome }) => {
      const what =
        outcome === null || jobId === null
          ? ''
          : `; the sub-batch in doubt of job ${jobId}: ${outcome.replaceAll('_', ' ')}`
      terminal.note(`! connection is back${what}`)
    }),
    engine.on('check:finished', ({ name }) => {
      terminal.showProgress(`checked: ${name}`)
    }),
    engine.on('finalize:after', ({ statement }) => {
      terminal.showProgress(`done: ${statement}`)
    }),
    definitionLines(engine, terminal),
  ]
  return () => {
    for (const stop of stops) stop()
    terminal.showProgress(null)
  }
}

/** What a definition warned of, with the job that it is about and every field: it is told nowhere else in text. */
function definitionLines(engine: Engine, terminal: Terminal, prefix = ''): () => void {
  return engine.on('definition:log', ({ migrationId, jobId, level, message, fields }) => {
    if (level !== 'warn' && level !== 'error') return
    const place = `definition of migration ${prefix}${migrationId}, job ${jobId}`
    terminal.note([level === 'error' ? '✕' : '!', `${place}:`, message, ...fieldTexts(fields)].join(' '))
  })
}

/** For `work`, which drives many: a line for each job. `prefix` stands before ids where several databases are mapped. */
function narrateWork(engine: Engine, terminal: Terminal, prefix = ''): () => void {
  const stops = [
    engine.on('job:succeeded', ({ migrationId, jobId, seconds, scanned, changed }) => {
      terminal.note(
        `✓ migration ${prefix}${migrationId} job ${jobId}: ${formatCount(scanned)} rows scanned, ${formatCount(changed)} changed in ${formatDuration(seconds)}`,
      )
    }),
    engine.on('job:failed', ({ migrationId, jobId, exceptionClass, exceptionMessage }) => {
      terminal.note(
        `✕ migration ${prefix}${migrationId} job ${jobId}: ${exceptionClass}: ${exceptionMessage.split('\n', 1)[0] ?? ''}`,
      )
    }),
    ...tellSmaller(engine, terminal, ({ migrationId, jobId }) => `migration ${prefix}${migrationId} job ${jobId}`),
    engine.on('hold:began', ({ migrationId, ...hold }) => {
      terminal.note(`! migration ${prefix}${migrationId}: ${holdSentence(hold)}`)
    }),
    engine.on('hold:ended', ({ migrationId, seconds }) => {
      terminal.note(`! migration ${prefix}${migrationId}: no longer on hold, after ${formatDuration(seconds)}`)
    }),
    engine.on('optimizer:decided', ({ migrationId, from, to }) => {
      if (from !== to)
        terminal.note(`! migration ${prefix}${migrationId}: batch size ${formatCount(from)} → ${formatCount(to)}`)
    }),
    engine.on('migration:changed', ({ migrationId, from, to }) => {
      terminal.note(`! migration ${prefix}${migrationId}: ${from} → ${to}`)
    }),
    engine.on('connection:lost', ({ message }) => {
      terminal.note(`! connection lost: ${message}`)
    }),
    definitionLines(engine, terminal, prefix),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

type WhichJob = (event: { readonly migrationId: string; readonly jobId: string }) => string

/** What timeouts do to a job. */
function tellSmaller(engine: Engine, terminal: Terminal, which: WhichJob): readonly (() => void)[] {
  return [
    engine.on('job:shrunk', ({ from, to, ...job }) => {
      terminal.note(
        `! ${which(job)} took too long: its sub-batches have ${formatCount(to)} rows now instead of ${formatCount(from)}`,
      )
    }),
    engine.on('job:split', ({ secondJobId, batchSize, ...job }) => {
      const half =
        secondJobId === null ? 'has nothing left to divide' : `is split, its second half is job ${secondJobId}`
      terminal.note(`! ${which(job)} took too long: it ${half}; batch size ${formatCount(batchSize)}`)
    }),
  ]
}
