import { createHash, randomUUID } from 'node:crypto'
import { access, chmod, constants, lstat, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, TrancheError } from '../../shared/errors.ts'
import { runProgram } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'

// Not emptied at a reboot, then the ordinary one.
const SHARED_FOLDERS = ['/var/tmp', '/tmp']

/**
 * Where the server keeps its files: `folder` itself, or, when the server's account can't get there (a project under
 * a private home folder) or nothing may be executed there, a folder of ours that is named after it.
 */
export async function openServerHome(folder: string, account: ServerAccount | null): Promise<string> {
  await createFolder(folder, account === null ? 0o700 : 0o711)
  await probe(folder)
  const home = await realpath(folder)
  if (account === null || (await isUsable(home, account))) return home
  const name = `tranche-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`
  for (const shared of SHARED_FOLDERS) {
    const candidate = join(shared, name)
    if (await isOurs(candidate)) {
      if (await isUsable(candidate, account)) return candidate
      await rm(candidate, { recursive: true })
    }
  }
  throw new TrancheError(
    'file_not_writable',
    `${account.name}, who runs PostgreSQL here, can use neither ${folder} nor ${SHARED_FOLDERS.join(' nor ')}.`,
    {
      remedy: `Move the project to a folder that ${account.name} can enter, or start it as an ordinary user.`,
    },
  )
}

async function createFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode })
  } catch (cause) {
    throw notWritable(folder, cause)
  }
}

/** Writing is tried, not asked about: root may write anywhere but on a read-only file system. */
async function probe(folder: string): Promise<void> {
  const file = join(folder, `.probe-${randomUUID()}`)
  try {
    await writeFile(file, '')
    await rm(file)
  } catch (cause) {
    throw notWritable(folder, cause)
  }
}

function notWritable(folder: string, cause: unknown): TrancheError {
  const reason = messageOf(cause)
  return new TrancheError(
    'file_not_writable',
    `The folder ${folder} of the PostgreSQL server can't be written (${reason}).`,
    {
      remedy: 'Make it writable for this user, or keep the project in a folder that is.',
      cause,
    },
  )
}

async function isUsable(folder: string, account: ServerAccount): Promise<boolean> {
  const { uid } = await lstat(folder)
  if (uid === 0) await chmod(folder, 0o711)
  const entered = await runProgram('test', ['-x', folder], { account, cwd: '/' })
  return entered.exitCode === 0 && (await mayExecute(folder))
}

/** Linux answers EACCES for X_OK on a file system that is mounted noexec, to root too. */
async function mayExecute(folder: string): Promise<boolean> {
  const file = join(folder, `.probe-${randomUUID()}`)
  await writeFile(file, '', { mode: 0o755 })
  try {
    await access(file, constants.X_OK)
    return true
  } catch {
    return false
  } finally {
    await rm(file)
  }
}

/** Everybody may write where this is: a folder or link that another user put there first is not taken. */
async function isOurs(folder: string): Promise<boolean> {
  await mkdir(folder, { mode: 0o711 }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  const entry = await lstat(folder)
  return entry.isDirectory() && entry.uid === process.getuid?.()
}
