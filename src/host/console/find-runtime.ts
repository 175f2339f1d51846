/** Whether the console can have a window here: a display, and Electron's runtime, brought by somebody or fetched once. */
import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environ } from '../connection/read-service.ts'
import { fetchRuntime, type Fetching } from './fetch-runtime.ts'

export type Runtime =
  | { readonly kind: 'found'; readonly program: string }
  /** Why there will be no window, as a sentence without a full stop. */
  | { readonly kind: 'none'; readonly why: string }

export interface Machine {
  readonly env: Environ
  readonly platform: NodeJS.Platform
  /** null: this system has no such thing. */
  readonly uid: number | null
}

const PROGRAMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** Aborting rejects with the signal's reason. Never throws otherwise: without a window there is the browser. */
export async function findRuntime(machine: Machine, fetching: Fetching): Promise<Runtime> {
  const { packageFolder } = fetching
  const there = await findPresentRuntime(machine, packageFolder)
  if (there.kind !== 'absent') return there
  // It would be fetched in vain: without a sandbox the page is not what it is meant to be.
  if (machine.platform === 'linux' && machine.uid === 0) {
    return { kind: 'none', why: 'Electron does not run as root, so it was not fetched' }
  }
  const why = await fetchRuntime(fetching)
  if (why !== null) return { kind: 'none', why }
  const fetched = await findPresentRuntime(machine, packageFolder)
  return fetched.kind === 'absent'
    ? { kind: 'none', why: 'Electron was fetched, but its program is not there' }
    : fetched
}

/** What is there without fetching anything; absent: it could be fetched. */
export async function findPresentRuntime(
  { env, platform }: Pick<Machine, 'env' | 'platform'>,
  packageFolder: string,
): Promise<Runtime | { readonly kind: 'absent' }> {
  if (platform === 'linux' && (env.DISPLAY ?? '') === '' && (env.WAYLAND_DISPLAY ?? '') === '') {
    return { kind: 'none', why: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' }
  }
  const name = PROGRAMS[platform] ?? 'electron'
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH ?? ''
  if (folder !== '') {
    const program = join(folder, name)
    if (await isProgram(program)) return { kind: 'found', program }
    return { kind: 'none', why: `ELECTRON_OVERRIDE_DIST_PATH names a folder without the program ${name}` }
  }
  const program = join(packageFolder, 'dist', name)
  return (await isUnpacked(packageFolder, program)) ? { kind: 'found', program } : { kind: 'absent' }
}

/** path.txt is written last: without it an unpacking was cut short. */
async function isUnpacked(packageFolder: string, program: string): Promise<boolean> {
  const isComplete = (await readFile(join(packageFolder, 'path.txt'), 'utf8').catch(() => '')) !== ''
  return isComplete && (await isProgram(program))
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
