/** Builds the console's page when it is missing or older than its sources; a second or two, once. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrancheError } from '../../shared/errors.ts'

const SOURCES = ['src/renderer', 'src/shared']
const SETTINGS = ['vite.renderer.config.ts', 'svelte.config.js', 'package-lock.json']

/** Returns the folder of the built page. Throws file_not_writable where it cannot be written. */
export async function buildPage(projectFolder: string, onProgress: (message: string) => void): Promise<string> {
  const folder = join(projectFolder, 'out', 'renderer')
  const stamp = join(folder, '.built-from')
  const wanted = await hashOf(projectFolder)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return folder
  onProgress('building the console’s page')
  // Loaded only where something is to be built.
  const { build } = await import('vite')
  try {
    await build({ configFile: join(projectFolder, 'vite.renderer.config.ts'), logLevel: 'warn' })
    await writeFile(stamp, wanted)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EROFS'))) throw error
    throw new TrancheError('file_not_writable', `the console's page cannot be built into ${folder}: ${error.message}`, {
      remedy: 'Make the folder writable, or start from a clone that is.',
      cause: error,
    })
  }
  return folder
}

async function hashOf(projectFolder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...(await listSources(projectFolder)), ...SETTINGS]) {
    hash
      .update(file)
      .update('\0')
      .update(await readFile(join(projectFolder, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

async function listSources(projectFolder: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    SOURCES.map(async (source) => {
      const entries = await readdir(join(projectFolder, source), { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(projectFolder.length))
    }),
  )
  return lists.flat().sort()
}
