/** The end of a command: one document for `--json`, or text for a person; and the exit code. */
import { writeSync } from 'node:fs'
import type { CliDocument } from '../shared/cli-output.ts'
import { type AppError, ERROR_EXIT_CODES, toAppError } from '../shared/errors.ts'
import type { Outcome } from './command.ts'
import type { Terminal } from './terminal.ts'

export function answerOutcome(
  { value, text, failure }: Outcome<unknown>,
  terminal: Terminal,
  isJson: boolean,
): AppError | null {
  if (!isJson && text !== null) terminal.print(text)
  if (failure !== undefined) return answerError(failure, terminal, isJson)
  if (isJson) terminal.write(`${documentOf({ ok: true, value })}\n`)
  return null
}

export function answerError(thrown: unknown, terminal: Terminal, isJson: boolean): AppError {
  const error = toAppError(thrown)
  terminal.showProgress(null)
  if (isJson) terminal.write(`${documentOf({ ok: false, error })}\n`)
  else terminal.note(errorText(error))
  if (process.env.TRANCHE_DEBUG === '1') terminal.note(stackOf(thrown))
  return error
}

/** For the second Ctrl-C, which waits for nothing. */
export function answerAtOnce(thrown: unknown, isJson: boolean): void {
  const error = toAppError(thrown)
  const [stream, text] = isJson ? [1, documentOf({ ok: false, error })] : [2, errorText(error)]
  try {
    writeSync(stream, `${text}\n`)
  } catch {
    // nobody reads any more
  }
}

export function exitCodeOf({ code }: AppError, signalled: number | null): number {
  return code === 'stopped' && signalled !== null ? signalled : ERROR_EXIT_CODES[code]
}

function documentOf(document: CliDocument<unknown>): string {
  return JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** What happened, what can be done, and the code under which scripts know it. */
function errorText({ code, message, remedy }: AppError): string {
  return [`✕ ${message}`, ...(remedy === null ? [] : [`  ${remedy}`]), `  code: ${code}`].join('\n')
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`
  return `${thrown.stack ?? thrown.message}${cause}`
}
