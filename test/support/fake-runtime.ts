/** Runtimes of our own making, where Electron's would be: programs of Node under Electron's name. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WINDOW_LINES } from '../../src/shared/window-bridge.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const READY = `console.log(${JSON.stringify(WINDOW_LINES.ready)})`
export const ALREADY_OPEN = `console.log(${JSON.stringify(WINDOW_LINES.alreadyOpen)})`
/** Lives until it is told to end. */
export const LIVE = 'setInterval(() => {}, 1000)'

/** The folder for ELECTRON_OVERRIDE_DIST_PATH. The body is JavaScript, or a script with an interpreter of its own. */
export async function fakeRuntime(body: string): Promise<{ readonly folder: string; readonly program: string }> {
  const folder = join(await temporaryFolder(), 'dist')
  await mkdir(folder)
  const program = join(folder, 'electron')
  await writeFile(program, body.startsWith('#!') ? `${body}\n` : `#!${process.execPath}\n${body}\n`)
  await chmod(program, 0o755)
  return { folder, program }
}

/** Whether a process is there; a zombie is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
