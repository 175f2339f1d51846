/** Which practice server runs, as `.practice/server.json` of the checkout has it: for other processes of the same operator. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerConnection } from '../postgres/server-login.ts'

interface PracticeState {
  readonly pid: number
  readonly connection: ServerConnection
  /** The other logical databases of the practice catalogue, by name. */
  readonly others?: Readonly<Record<string, ServerConnection>>
  /** Where the external service of the practice listens. */
  readonly postcodeServiceUrl?: string
}

/** The folder of the practice server's files; ignored by git, deletable while nothing runs. */
export function practiceFolder(projectFolder: string): string {
  return join(projectFolder, '.practice')
}

export async function writePracticeState(projectFolder: string, state: PracticeState): Promise<void> {
  await mkdir(practiceFolder(projectFolder), { recursive: true })
  // It holds the password of the private server; nobody else may read it.
  await writeFile(stateFile(projectFolder), JSON.stringify(state), { mode: 0o600 })
}

export async function removePracticeState(projectFolder: string): Promise<void> {
  await rm(stateFile(projectFolder), { force: true })
}

/** The running practice server's connections; null where none runs. */
export async function readPracticeState(projectFolder: string): Promise<PracticeState | null> {
  const text = await readFile(stateFile(projectFolder), 'utf8').catch(() => null)
  if (text === null) return null
  const state = JSON.parse(text) as PracticeState // written by writePracticeState
  return isRunning(state.pid) ? state : null
}

/** The server may run as another user, whom we may not signal. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function stateFile(projectFolder: string): string {
  return join(practiceFolder(projectFolder), 'server.json')
}
