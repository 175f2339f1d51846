/** The scripts of the practice catalogue's data folders, in the order in which they are run. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What belongs in which logical database of the practice catalogue. */
export const DATA_FOLDERS = { main: '_data', ci: '_data_ci' } as const

export interface PracticeData {
  readonly name: string
  readonly schema: string
  readonly rows: string
  readonly drop: string
  /** Makes rows that cannot be migrated; null where the folder has no such script. */
  readonly trouble: string | null
  /** Locks rows for as long as its transaction is open; null likewise. */
  readonly locks: string | null
}

/** Folders in the order of their names: each stands on those before it. */
export async function readPracticeData(catalogueFolder: string, dataFolder: string): Promise<readonly PracticeData[]> {
  const folder = join(catalogueFolder, dataFolder)
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  return Promise.all(names.map((name) => readPart(join(folder, name), name)))
}

async function readPart(folder: string, name: string): Promise<PracticeData> {
  const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
  return {
    name,
    schema: await read('schema.sql'),
    rows: await read('rows.sql'),
    drop: await read('drop.sql'),
    trouble: await read('trouble.sql').catch(unlessMissing),
    locks: await read('locks.sql').catch(unlessMissing),
  }
}

function unlessMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
