/** A password that a program prints, asked at each connect: a vault's, or a token that ends after a quarter of an hour. */
import { TrancheError } from '../../shared/errors.ts'
import { type LimitedRun, runLimited } from '../system/run-limited.ts'
import type { PasswordPlace } from './password-file.ts'
import type { Environ } from './read-service.ts'

export type Command = readonly [string, ...string[]]

const LIMIT_MS = 10_000
const LONGEST_PASSWORD = 64 * 1_024
/** With what it says on standard error. */
const LONGEST_OUTPUT = 16 * LONGEST_PASSWORD

export interface CommandNeeds {
  readonly place: PasswordPlace
  readonly env: Environ
  readonly limitMs?: number
}

/** Asks once for connections that are made at the same time. Throws password_command_failed; what it printed is told nowhere. */
export function passwordOf(command: Command, needs: CommandNeeds): () => Promise<string> {
  let asking: Promise<string> | null = null
  return () => {
    asking ??= ask(command, needs).finally(() => {
      asking = null
    })
    return asking
  }
}

async function ask(command: Command, { place, env, limitMs = LIMIT_MS }: CommandNeeds): Promise<string> {
  const { host, port, user, database } = place
  // One command may serve several databases; PGPASSWORD is what it is asked for.
  const { PGPASSWORD: _, ...others } = env
  const named = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database }
  const run = await runLimited(command, { env: { ...others, ...named }, limitMs, limitCharacters: LONGEST_OUTPUT })
  const why = whyFailed(run, limitMs)
  if (why === null) return withoutLineEnd(run.stdout)
  const [program] = command
  throw new TrancheError('password_command_failed', `the password command "${program}" ${why}`, {
    remedy: 'Run it in a terminal to see what it says; what it prints is shown nowhere here.',
    details: { program, host },
  })
}

function whyFailed({ ending, stdout }: LimitedRun, limitMs: number): string | null {
  switch (ending.kind) {
    case 'not_started':
      return `cannot be run: ${'code' in ending.error ? String(ending.error.code) : ending.error.message}`
    case 'too_long':
      return `did not end within ${String(limitMs / 1_000)} s`
    case 'exit':
      if (ending.code !== 0) return `ended with ${String(ending.code ?? ending.endedBy)}`
  }
  const password = withoutLineEnd(stdout)
  if (password === '') return 'printed nothing'
  if (password.length > LONGEST_PASSWORD || password.includes('\0')) return 'printed what is no password'
  return /[\r\n]/.test(password) ? 'printed several lines; expected the password alone' : null
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}
