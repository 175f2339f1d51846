/** Commands that are named in a text, as they can be copied from it: with the saved connection, and npx where that called us. */
import type { Environ } from '../host/connection/read-service.ts'
import { COMMAND_NAMES } from './commands.ts'

interface Caller {
  readonly env: Environ
  /** As `--connection` names it; null: the variables, or `--target`, which may hold a password and is not repeated. */
  readonly connection: string | null
}

/** They reach no database. */
const LOCAL: ReadonlySet<string> = new Set(['help', 'init', 'test'])
/** In backticks it is a name, not a command to type. */
const COMMAND = new RegExp(`(?<![\`\\w/.-])tranche (${['help', ...COMMAND_NAMES].join('|')})\\b`, 'g')

export function asCallable(text: string, { env, connection }: Caller): string {
  const program = env.npm_command === 'exec' ? 'npx tranche' : 'tranche'
  const flag = connection === null ? '' : ` --connection ${connection}`
  return text.replaceAll(COMMAND, (_, command: string) => `${program}${LOCAL.has(command) ? '' : flag} ${command}`)
}
