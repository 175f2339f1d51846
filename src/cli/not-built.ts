/** What Tranche will do one day and does not do yet: absent from the help, and told apart from a slip of the pen. */
import { TrancheError } from '../shared/errors.ts'

const COMMANDS = ['preview', 'quarantine', 'undo']

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  queue: ['error-budget'],
  work: ['metrics'],
}

export function isUnbuiltCommand(name: string): boolean {
  return COMMANDS.includes(name)
}

export function isUnbuiltFlag(command: string, flag: string): boolean {
  return FLAGS[command]?.includes(flag) === true
}

export function notBuilt(what: string): TrancheError {
  return new TrancheError('usage', `${what} is not built yet`, { remedy: 'tranche help lists what is.' })
}
