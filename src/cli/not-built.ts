/** What Tranche will do one day and does not do yet: absent from the help, and told apart from a slip of the pen. */
import { TrancheError } from '../shared/errors.ts'

const COMMANDS = ['undo']

export function isUnbuiltCommand(name: string): boolean {
  return COMMANDS.includes(name)
}

export function notBuilt(what: string): TrancheError {
  return new TrancheError('usage', `${what} is not built yet`, { remedy: 'tranche help lists what is.' })
}
