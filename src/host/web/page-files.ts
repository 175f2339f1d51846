/** Files of the built page, and nothing beside its folder. */
import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type PageFileName, readPageFileName } from '../../shared/page-file-name.ts'

export interface PageFile extends PageFileName {
  readonly bytes: Buffer
}

/** null: there is no such file, or it is none of the page's. `path` is that of the URL, still encoded. */
export async function findPageFile(folder: string, path: string): Promise<PageFile | null> {
  const named = readPageFileName(path)
  if (named === null) return null
  try {
    const root = await realpath(folder)
    // Links are followed first: one that leads outside is no file of the page.
    const file = await realpath(join(root, named.name))
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return null
    return { ...named, bytes: await readFile(file) }
  } catch {
    return null
  }
}
