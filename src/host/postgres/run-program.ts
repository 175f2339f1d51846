import { messageOf, TrancheError } from '../../shared/errors.ts'
import { runLimited } from '../system/run-limited.ts'
import type { ServerAccount } from './server-account.ts'

export interface ProgramResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  /** Standard output and standard error, as they came. */
  readonly output: string
}

interface ProgramOptions {
  readonly account: ServerAccount | null
  readonly cwd: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end and returns what it printed. Rejects with server_binaries_missing when it can't be started,
 * and with the signal's reason when aborted; then the program and its children are gone.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  { account, cwd, signal }: ProgramOptions,
): Promise<ProgramResult> {
  const { ending, output } = await runLimited([file, ...args], {
    ...{ cwd, env: serverEnvironment(), signal },
    identity: spawnIdentity(account),
  })
  if (ending.kind === 'not_started') throw notExecutable(file, ending.error)
  return { exitCode: ending.kind === 'exit' ? ending.code : null, output }
}

/** The user and group to spawn as; nothing where we stay who we are. */
export function spawnIdentity(account: ServerAccount | null): { uid: number; gid: number } | Record<string, never> {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

/** Our environment without libpq's variables: the server and initdb read some of them, and they are somebody else's. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  // Messages in English, because we look into the log; and macOS needs a valid locale before the server's threads start.
  return { ...Object.fromEntries(own), LC_ALL: 'C' }
}

/** A program of another libc or on a noexec file system is there and can't be started all the same. */
export function notExecutable(file: string, cause: unknown): TrancheError {
  const reason = messageOf(cause)
  return new TrancheError('server_binaries_missing', `${file} can't be run (${reason}).`, {
    remedy: `Install PostgreSQL with this machine's package manager, and keep the project where programs may be executed.`,
    cause,
  })
}
