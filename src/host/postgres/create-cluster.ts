import { randomBytes, randomUUID } from 'node:crypto'
import { appendFile, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'
import { clusterAt, clusterExists, SUPERUSER, type Cluster } from './cluster.ts'
import { runProgram } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'

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
  const { account } = options
  const unfinished = clusterAt(`${target.folder}.${randomUUID()}`)
  try {
    await mkdir(unfinished.folder, { mode: 0o700 })
    await writeFile(unfinished.passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
    if (account !== null) {
      await chown(unfinished.passwordFile, account.uid, account.gid)
      await chown(unfinished.folder, account.uid, account.gid)
    }
    await runInitdb(unfinished, options)
    // Of the cluster's own settings only these are ours; they are written anew at each start.
    await appendFile(join(unfinished.dataFolder, 'postgresql.conf'), "include_if_exists = 'tranche.conf'\n")
    await rename(unfinished.folder, target.folder).catch(async (error: unknown) => {
      if (!(await clusterExists(target))) throw error
    })
  } finally {
    await rm(unfinished.folder, { recursive: true, force: true })
  }
}

async function runInitdb(cluster: Cluster, { binFolder, account, isDurable, signal }: ClusterOptions): Promise<void> {
  const program = join(binFolder, 'initdb')
  const args = [
    `--pgdata=${cluster.dataFolder}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${cluster.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The one locale that is the same on every machine and in every version.
    '--locale=C',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
  ]
  const { exitCode, output } = await runProgram(program, args, { account, cwd: cluster.folder, signal })
  if (exitCode === 0) return
  throw new TrancheError('unexpected', `${program} made no cluster:\n${output.trim()}`, {
    remedy: 'Try the other PostgreSQL with TRANCHE_POSTGRES=bundled or TRANCHE_POSTGRES=local.',
  })
}
