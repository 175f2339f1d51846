/** What the console's backend tells, on its host's log and in a file of the data folder, which has more and outlives it. */
import { join } from 'node:path'
import type { Logger } from '../../engine/ports.ts'
import type { AppChange } from '../../shared/app-event.ts'
import type { Link } from '../../shared/connection-view.ts'
import { messageOf, toAppError } from '../../shared/errors.ts'
import { createJsonLogger } from '../system/json-logger.ts'
import { createLogFile } from '../system/log-file.ts'
import { redact } from '../system/redact.ts'

export function consoleLogFile(folder: string): string {
  return join(folder, 'console.log')
}

/** `isVerbose`: debugging lines as well, in the file. */
export function createConsoleLog(folder: string, host: Logger, isVerbose = false): Logger {
  const file = createJsonLogger(createLogFile(consoleLogFile(folder)), isVerbose)
  return {
    log(level, event, fields = {}) {
      host.log(level, event, fields)
      file.log(level, event, redact({ pid: process.pid, ...fields }) as Readonly<Record<string, unknown>>) // of one such
    },
  }
}

/** A call that was not done: what nobody expected with its stack, the rest by its code. Inputs are never logged. */
export function logFailedCall(logger: Logger, method: string, error: unknown): void {
  const { code, message } = toAppError(error)
  if (code === 'unexpected') logger.log('error', 'a call failed', { method, code, message, stack: stackOf(error) })
  else logger.log('info', 'a call was refused', { method, code, message })
}

/** Each change of the way to a target, once. */
export function logLinks(logger: Logger): (change: AppChange) => void {
  const told = new Map<string, string>()
  return (change) => {
    if (change.kind !== 'target') return
    const { connectionId, target } = change
    const kind = target?.link.kind ?? 'closed'
    if (told.get(connectionId) === kind) return
    told.set(connectionId, kind)
    const why = target === null ? {} : whyOf(target.link)
    logger.log('info', `connection ${kind}`, { connectionId, ...why })
  }
}

function whyOf(link: Link): Readonly<Record<string, unknown>> {
  if (link.kind === 'lost') return { message: link.message }
  return link.kind === 'refused' ? { code: link.error.code, message: link.error.message } : {}
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
}
