import type { Logger } from '../engine/ports.ts'
import type { Environ } from '../host/connection/read-service.ts'
import type { Terminal } from './terminal.ts'

/** Logs to stderr: warnings and errors, with TRANCHE_DEBUG=1 everything. */
export function createLogger(terminal: Terminal, env: Environ): Logger {
  const isVerbose = env.TRANCHE_DEBUG === '1'
  return {
    log(level, event, fields = {}) {
      if (!isVerbose && level !== 'warn' && level !== 'error') return
      terminal.note([level === 'error' ? '✕' : '!', `${level}:`, event, ...fieldTexts(fields)].join(' '))
    },
  }
}

/** `name=value` of each. */
export function fieldTexts(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
