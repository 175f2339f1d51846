import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject, onTestFinished } from 'vitest'
import { removeServer } from '../../support/remove-server.ts'

/** A folder for one test's server; what runs there is ended with the test. The space is on purpose. */
export async function createServerFolder(): Promise<string> {
  const folder = await mkdtemp(join(inject('runFolder'), 'a server '))
  onTestFinished(async () => {
    await removeServer(folder)
    await rm(folder, { recursive: true })
  })
  return folder
}

const execute = promisify(execFile)

/** Command lines that name the folder: servers and initdb runs. */
export async function listProcesses(folder: string): Promise<string[]> {
  const { stdout } = await execute('ps', ['-A', '-o', 'args='])
  return stdout.split('\n').filter((line) => line.includes(folder))
}

export async function processField(pid: number, field: 'pgid' | 'user'): Promise<string> {
  const { stdout } = await execute('ps', ['-o', `${field}=`, '-p', String(pid)])
  return stdout.trim()
}
