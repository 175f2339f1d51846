/** `tranche init`: the skeleton of a catalogue, with the types that an editor completes by. */
import { copyFile, cp, glob, mkdir } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, TrancheError } from '../../shared/errors.ts'

const RESOURCES = fileURLToPath(new URL('../../../resources', import.meta.url))
/** Everything that Tranche writes again and again; nobody's own work is in it. */
const OWN = '.tranche'
const AUTHORS = [
  ...['fill_display_names.ts', 'fill_display_names.test.ts', 'tsconfig.json', 'package.json', 'tranche.config.json'],
  'README.md',
]

/** Of Node, for an editor without @types/node. */
const TYPES = ['node-crypto.d.ts', 'node-assert.d.ts']

export interface Skeleton {
  readonly folder: string
  /** Relative; those that were written. A file that was there is left as it is. */
  readonly files: readonly string[]
}

/** May be repeated: the types are written again, all else is kept. Throws file_not_writable. */
export async function writeSkeleton(named: string): Promise<Skeleton> {
  const folder = resolve(named)
  try {
    const files: string[] = []
    await makeFolder(folder)
    await mkdir(join(folder, OWN), { recursive: true })
    for (const file of AUTHORS)
      if (await addFile(join(RESOURCES, 'skeleton', file), join(folder, file))) files.push(file)
    for (const file of TYPES) await copyFile(join(RESOURCES, 'skeleton', file), join(folder, OWN, file))
    await cp(join(RESOURCES, 'types'), join(folder, OWN, 'types'), { recursive: true })
    await copyZod(join(folder, OWN, 'zod'))
    return { folder, files: [...files, `${OWN}/`] }
  } catch (cause) {
    const reason = messageOf(cause)
    throw new TrancheError('file_not_writable', `the catalogue ${folder} cannot be written: ${reason}`, {
      remedy: 'Name a folder that this user may write to.',
      cause,
    })
  }
}

/** With those above it. Node's own `recursive` never ends where a file system makes no folders, as /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder)
  }
}

/** Whether it was written: never over another one. */
async function addFile(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** The types of the very version that definitions run with, so that the catalogue needs no npm install. */
async function copyZod(to: string): Promise<void> {
  const from = dirname(fileURLToPath(import.meta.resolve('zod')))
  for await (const file of glob(['index.d.ts', 'v4/{classic,core,locales}/*.d.ts'], { cwd: from })) {
    await mkdir(dirname(join(to, file)), { recursive: true })
    await copyFile(join(from, file), join(to, file))
  }
}
