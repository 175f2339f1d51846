/** A log as JSON lines, with the field names that GitLab's logs have. */
import type { Logger } from '../../engine/ports.ts'

/** One object per line: severity, time, message, then the fields. */
export function createJsonLogger(write: (line: string) => void, isVerbose: boolean): Logger {
  return {
    log(level, event, fields = {}) {
      if (level === 'debug' && !isVerbose) return
      const named = Object.entries(fields).map(([name, value]) => [logName(name), value] as const)
      const head = { severity: level.toUpperCase(), time: new Date().toISOString(), message: event }
      write(JSON.stringify({ ...head, ...Object.fromEntries(named) }))
    },
  }
}

/** `message` is the event's own; an id says in GitLab's word whose it is. */
const LOG_NAMES: Readonly<Record<string, string>> = {
  message: 'exception_message',
  code: 'exception_class',
  migrationId: 'batched_migration_id',
  jobId: 'batched_job_id',
}

function logName(name: string): string {
  return LOG_NAMES[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
