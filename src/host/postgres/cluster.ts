import { randomBytes, randomUUID } from 'node:crypto'
import { access, appendFile, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'
import { runProgram } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'

/** Where one server's files are: `data/`, `password` and `server.log`, in a folder named after the major version. */
export interface Cluster {
  readonly folder: string
  readonly dataFolder: string
  readonly passwordFile: string
  readonly settingsFile: string
  readonly logFile: string
}

/** The superuser of every cluster that we make. */
export const SUPERUSER = 'tranche'

export function clusterAt(folder: string): Cluster {
  const dataFolder = join(folder, 'data')
  return {
    folder,
    dataFolder,
    passwordFile: join(folder, 'password'),
    settingsFile: join(dataFolder, 'tranche.conf'),
    logFile: join(folder, 'server.log'),
  }
}

export async function clusterExists({ folder }: Cluster): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  )
}

export async function readPassword({ passwordFile }: Cluster): Promise<string> {
  return (await readFile(passwordFile, 'utf8')).trim()
}

interface ClusterOptions {
  readonly binFolder: string
  readonly account: ServerAccount | null
  /** Whether it must survive a power cut right after it was made. */
  readonly isDurable: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a cluster in one piece: it is built beside its place and renamed, so an interrupted start leaves nothing
 * half made, and of two starts at the same time one takes the other's.
 */
export async function createCluster(target: Cluster, options: ClusterOptions): Promise<void> {
  const { binFolder, account, isDurable, signal } = options
  const unfinished = clusterAt(`${target.folder}.${randomUUID()}`)
  try {
    await mkdir(unfinished.folder, { mode: 0o700 })
    await writeFile(unfinished.passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
    if (account !== null) {
      await chown(unfinished.passwordFile, account.uid, account.gid)
      await chown(unfinished.folder, account.uid, account.gid)
    }
    const program = join(binFolder, 'initdb')
    const { exitCode, output } = await runProgram(
      program,
      [...initdbArguments(unfinished), ...(isDurable ? [] : ['--no-sync'])],
      {
        account,
        cwd: unfinished.folder,
        signal,
      },
    )
    if (exitCode !== 0) throw initdbFailed(program, output)
    // Of the cluster's own settings only these are ours; they are written anew at each start.
    await appendFile(join(unfinished.dataFolder, 'postgresql.conf'), "include_if_exists = 'tranche.conf'\n")
    await rename(unfinished.folder, target.folder).catch(async (error: unknown) => {
      if (!(await clusterExists(target))) throw error
    })
  } finally {
    await rm(unfinished.folder, { recursive: true, force: true })
  }
}

function initdbArguments({ dataFolder, passwordFile }: Cluster): string[] {
  return [
    `--pgdata=${dataFolder}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The one locale that is the same on every machine and in every version.
    '--locale=C',
    '--no-instructions',
  ]
}

function initdbFailed(program: string, output: string): TrancheError {
  return new TrancheError('unexpected', `${program} made no cluster:\n${output.trim()}`, {
    remedy: 'Try the other PostgreSQL with TRANCHE_POSTGRES=bundled or TRANCHE_POSTGRES=local.',
  })
}
