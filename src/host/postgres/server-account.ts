import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'
import { runProgram } from './run-program.ts'

/** The unprivileged user that PostgreSQL runs as when we are root, which PostgreSQL refuses to be. */
export interface ServerAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const CANDIDATES = ['postgres', '_postgres', 'nobody']

/** Who runs the server of this folder; null where we may do so ourselves. */
export async function findServerAccount(folder: string): Promise<ServerAccount | null> {
  if (process.getuid?.() !== 0) return null
  // A folder that an ordinary user filled keeps its owner: that user goes on with it after us.
  const owner = await findOwner(folder)
  if (owner !== null) return owner
  for (const name of CANDIDATES) {
    const [uid, gid] = await Promise.all([findId('-u', name), findId('-g', name)])
    if (uid === null || gid === null || uid === 0) continue
    const account = { name, uid, gid }
    if (await mayBecome(account)) return account
  }
  throw new TrancheError(
    'server_binaries_missing',
    'PostgreSQL refuses to run as root, and there is no other user here that root may become.',
    { remedy: 'Run it as an ordinary user, or create a user named postgres.' },
  )
}

/** In a container's own user namespace root may be the only user that exists. */
async function mayBecome(account: ServerAccount): Promise<boolean> {
  return runProgram('true', [], { account, cwd: '/' }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  )
}

async function findOwner(folder: string): Promise<ServerAccount | null> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((entry) => entry.startsWith('postgres-'))) {
    const { uid, gid } = await stat(join(folder, name))
    if (uid !== 0) return { name: await findName(uid), uid, gid }
  }
  return null
}

async function findId(flag: '-u' | '-g', name: string): Promise<number | null> {
  const { exitCode, output } = await runProgram('id', [flag, name], { account: null, cwd: '/' })
  return exitCode === 0 && /^\d+\s*$/.test(output) ? Number(output) : null
}

async function findName(uid: number): Promise<string> {
  const { exitCode, output } = await runProgram('id', ['-nu', String(uid)], { account: null, cwd: '/' })
  return exitCode === 0 ? output.trim() : `user ${String(uid)}`
}
