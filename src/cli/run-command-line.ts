/** argv in, exit code out. */
import { packageVersion } from '../host/package-version.ts'
import type { Environ } from '../host/connection/read-service.ts'
import type { Logger } from '../engine/ports.ts'
import { TrancheError } from '../shared/errors.ts'
import { answerError, answerOutcome, exitCodeOf } from './answer.ts'
import type { Command, Outcome } from './command.ts'
import { COMMAND_NAMES, COMMANDS, isCommandName } from './commands.ts'
import { createInput } from './flags.ts'
import { explainUnnamedTarget } from './explain-unnamed-target.ts'
import { commandHelp, generalHelp } from './help.ts'
import { isUnbuiltCommand, notBuilt } from './not-built.ts'
import { findCommandWord, parseFlags } from './parse-command-line.ts'
import { createSession, type Session } from './session.ts'
import type { StopSignals } from './stop-signals.ts'
import { readSubject } from './subject.ts'
import { suggest } from './suggest.ts'
import type { Terminal } from './terminal.ts'

interface Surroundings {
  readonly env: Environ
  readonly terminal: Terminal
  readonly logger: Logger
  readonly stop: StopSignals
}

export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal, stop } = surroundings
  const isJson = wantsJson(args)
  try {
    const outcome = await dispatch(args, surroundings)
    const fault = stop.fault()
    if (fault !== null) throw fault.thrown
    const error = answerOutcome(outcome, terminal, isJson)
    return error === null ? 0 : exitCodeOf(error, stop.exitCode())
  } catch (thrown) {
    const { translateError } = await import('../host/translate-error.ts')
    // How a command ended that was stopped because of a fault says nothing beside it.
    const cause = stop.fault()?.thrown ?? thrown
    return exitCodeOf(answerError(translateError(cause), terminal, isJson), stop.exitCode())
  }
}

/** Also of a command line that cannot be parsed: its error is a document too. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? args.length : end).includes('--json')
}

async function dispatch(args: readonly string[], surroundings: Surroundings): Promise<Outcome<unknown>> {
  const { name, rest } = findCommandWord(args)
  if (name === null || name === 'help') {
    const { operands, given } = parseFlags(null, rest, {})
    if (given.has('version')) return answerText(packageVersion(), 'version')
    const [about] = operands
    if (about !== undefined) return answerText(commandHelp(await loadCommand(about)), 'text')
    if (name === 'help' || given.has('help')) return answerText(generalHelp(), 'text')
    throw new TrancheError('usage', 'no command is given', { remedy: 'tranche help lists them.' })
  }
  const command = await loadCommand(name)
  const { operands, given } = parseFlags(name, rest, command.flags)
  if (given.has('help')) return answerText(commandHelp(command), 'text')
  if (given.has('version')) return answerText(packageVersion(), 'version')
  assertOperands(command, operands)
  const { env, terminal, logger, stop } = surroundings
  const { subject, operands: own } = readSubject(command, operands)
  const session = createSession({ given, env, terminal, logger, signal: stop.signal, subject })
  try {
    if (command.onSignal === 'release') tellStopping(stop.signal, terminal)
    const outcome = command.run(createInput(own, given), session)
    return qualified(
      await (command.onSignal === 'leave' ? Promise.race([outcome, abortion(stop.signal)]) : outcome),
      session,
    )
  } catch (error) {
    throw error instanceof TrancheError ? qualifiedError(error, session) : error
  } finally {
    terminal.showProgress(null)
    // Closing waits for statements in hand; a command that was left where it is does not.
    if (command.onSignal !== 'leave' || !stop.signal.aborted) await session.close().catch(() => undefined)
  }
}

/** What the engine says of ids is meant within its own database. */
function qualified(outcome: Outcome<unknown>, session: Session): Outcome<unknown> {
  const { value, text, failure } = outcome
  return {
    value,
    text: text === null ? null : session.qualify(text),
    ...(failure === undefined ? {} : { failure: qualifiedError(failure, session) }),
  }
}

function qualifiedError(thrown: TrancheError, session: Session): TrancheError {
  const error = explainUnnamedTarget(thrown, session.namesTarget)
  const { code, message, remedy, details } = error
  const explained = { details, cause: error, ...(remedy === null ? {} : { remedy: session.qualify(remedy) }) }
  return remedy === null || explained.remedy === remedy ? error : new TrancheError(code, message, explained)
}

async function loadCommand(name: string): Promise<Command> {
  if (isCommandName(name)) return COMMANDS[name].load()
  if (isUnbuiltCommand(name)) throw notBuilt(`tranche ${name}`)
  const near = suggest(name, COMMAND_NAMES)
  throw new TrancheError('usage', `there is no command ${JSON.stringify(name)}`, {
    remedy:
      near === null ? 'tranche help lists the commands.' : `Did you mean ${near}? tranche help lists the commands.`,
  })
}

function assertOperands({ name, operands: { usage, min, max } }: Command, given: readonly string[]): void {
  if (given.length >= min && given.length <= max) return
  const what = given.length < min ? `needs ${usage}` : `has no place for ${JSON.stringify(given[max])}`
  throw new TrancheError('usage', `tranche ${name} ${what}`, { remedy: `Write: tranche ${name} ${usage}`.trim() })
}

function tellStopping(signal: AbortSignal, terminal: Terminal): void {
  const tell = (): void => {
    terminal.note('! Stopping: the sub-batch in hand is finished or cancelled. Once more leaves at once.')
  }
  signal.addEventListener('abort', tell, { once: true })
}

/** Commands that last no longer than a few statements are left where they are. */
async function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error) // set by stop-signals.ts
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

function answerText(text: string, key: 'text' | 'version'): Outcome<unknown> {
  return { value: { [key]: text }, text }
}
