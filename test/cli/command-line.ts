/** The command line as a process of its own, as people and scripts call it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { text as readAll } from 'node:stream/consumers'
import { expect } from 'vitest'
import type { CliDocument, CliValues } from '../../src/shared/cli-output.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
export const CATALOGUE = fileURLToPath(new URL('../fixtures/cli-catalogue', import.meta.url))

export interface Answer {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandLine {
  /** Runs to its end. stdin is closed: nobody can be asked. */
  run(...args: readonly string[]): Promise<Answer>
  /** The same with --json; fails where stdout is not exactly one document. */
  json<Name extends keyof CliValues>(name: Name, ...args: readonly string[]): Promise<JsonAnswer<CliValues[Name]>>
  start(...args: readonly string[]): Started
}

export interface JsonAnswer<Value> {
  readonly exitCode: number | null
  readonly document: CliDocument<Value>
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Answer>
}

export type Variables = Readonly<Record<string, string>>

/** Called with the variables that name this database, and nothing of this machine's own connection settings. */
export function commandLine(connection: ServerConnection, more: Variables = {}): CommandLine {
  return commandLineWith({ ...variablesOf(connection), TRANCHE_CATALOGUE: CATALOGUE, ...more })
}

export function variablesOf({ host, port, user, password, database }: ServerConnection): Variables {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'disable',
  }
}

export function commandLineWith(variables: Variables): CommandLine {
  const { PATH = '', HOME = '' } = process.env
  const start = (...args: readonly string[]): Started => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
      env: { PATH, HOME, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, ended: read(child) }
  }
  const run = (...args: readonly string[]): Promise<Answer> => start(...args).ended
  return {
    run,
    start,
    async json<Name extends keyof CliValues>(name: Name, ...args: readonly string[]) {
      const { exitCode, stdout, stderr } = await run(name, ...args, '--json')
      return { exitCode, stderr, document: parseDocument<CliValues[Name]>(stdout) }
    },
  }
}

async function read(child: ChildProcess): Promise<Answer> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('the streams of the command line are not ours')
  const [out, err] = await Promise.all([readAll(stdout), readAll(stderr)])
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { exitCode: child.exitCode, stdout: out, stderr: err }
}

/** Throws unless the text is one line with one document. */
export function parseDocument<Value>(stdout: string): CliDocument<Value> {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`stdout is not one document: ${JSON.stringify(stdout)}`)
  return JSON.parse(stdout) as CliDocument<Value>
}

/** The value of an answer that must be good. */
export function valueOf<Value>({ document, exitCode }: JsonAnswer<Value>): Value {
  if (!document.ok || exitCode !== 0) throw new Error(`exit ${String(exitCode)}: ${JSON.stringify(document)}`)
  return document.value
}

/** `expect.stringContaining`, as what it is to the compiler. */
export function containing(text: string): unknown {
  return expect.stringContaining(text)
}
