/** Builds what is shown, when it is missing or older than its sources; a second or two, once. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'
import { runLimited } from '../system/run-limited.ts'

interface Recipe {
  readonly sources: readonly string[]
  readonly settings: readonly string[]
}

const PAGE: Recipe = {
  sources: ['src/renderer', 'src/shared'],
  settings: ['vite.renderer.config.ts', 'svelte.config.js', 'package-lock.json'],
}
const WINDOW: Recipe = { sources: ['src'], settings: [...PAGE.settings, 'electron.vite.config.ts', 'package.json'] }
const WINDOW_BUILD_LIMIT_MS = 5 * 60_000

/** Returns the folder of the built page. Throws file_not_writable where it cannot be written. */
export async function buildPage(projectFolder: string, onProgress: (message: string) => void): Promise<string> {
  const folder = join(projectFolder, 'out', 'renderer')
  const stamp = await openStamp(folder, projectFolder, PAGE)
  if (stamp.isFresh) return folder
  onProgress('building the console’s page')
  // Loaded only where something is to be built.
  const { build } = await import('vite')
  try {
    await build({ configFile: join(projectFolder, 'vite.renderer.config.ts'), logLevel: 'warn' })
    await stamp.write()
  } catch (error) {
    throw notWritable(error, folder)
  }
  return folder
}

/** What Electron runs: main, backend, preload script and page. Throws file_not_writable. */
export async function buildWindow(
  projectFolder: string,
  { onProgress, signal }: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const folder = join(projectFolder, 'out')
  const stamps = await Promise.all([
    openStamp(join(folder, 'main'), projectFolder, WINDOW),
    openStamp(join(folder, 'renderer'), projectFolder, PAGE),
  ])
  if (stamps.every(({ isFresh }) => isFresh)) return
  onProgress('building the console')
  // In a process of its own: it reads package.json from where it runs, and leaves variables behind.
  const program = join(projectFolder, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const { ending, output } = await runLimited([process.execPath, program, 'build', '--logLevel', 'warn'], {
    cwd: projectFolder,
    limitMs: WINDOW_BUILD_LIMIT_MS,
    signal,
  })
  if (ending.kind !== 'exit' || ending.code !== 0) {
    const code = /\b(EACCES|EROFS)\b/.exec(output)?.[1]
    const failure = new Error(`the console could not be built:\n${output.trim()}`)
    throw notWritable(code === undefined ? failure : Object.assign(failure, { code }), folder)
  }
  try {
    for (const stamp of stamps) await stamp.write()
  } catch (error) {
    throw notWritable(error, folder)
  }
}

interface Stamp {
  readonly isFresh: boolean
  write(): Promise<void>
}

/** A file beside what was built, with a hash of what it was built from. */
async function openStamp(folder: string, projectFolder: string, recipe: Recipe): Promise<Stamp> {
  const file = join(folder, '.built-from')
  const wanted = await hashOf(projectFolder, recipe)
  return {
    isFresh: (await readFile(file, 'utf8').catch(() => '')) === wanted,
    write: () => writeFile(file, wanted),
  }
}

function notWritable(error: unknown, folder: string): unknown {
  if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EROFS'))) return error
  return new TrancheError('file_not_writable', `the console cannot be built into ${folder}: ${error.message}`, {
    remedy: 'Make the folder writable, or start from a clone that is.',
    cause: error,
  })
}

async function hashOf(projectFolder: string, { sources, settings }: Recipe): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...(await listSources(projectFolder, sources)), ...settings]) {
    hash
      .update(file)
      .update('\0')
      .update(await readFile(join(projectFolder, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

async function listSources(projectFolder: string, sources: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    sources.map(async (source) => {
      const entries = await readdir(join(projectFolder, source), { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(projectFolder.length))
    }),
  )
  return lists.flat().sort()
}
