/** The scripts of the practice catalogue's `_data` folder, in the order in which they are run. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface PracticeData {
  readonly name: string
  readonly schema: string
  readonly rows: string
  readonly drop: string
}

/** Folders in the order of their names: each stands on those before it. */
export async function readPracticeData(
  catalogueFolder: string,
  dataFolder = '_data',
): Promise<readonly PracticeData[]> {
  const folder = join(catalogueFolder, dataFolder)
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  return Promise.all(
    names.map(async (name) => {
      const read = (file: string): Promise<string> => readFile(join(folder, name, file), 'utf8')
      return { name, schema: await read('schema.sql'), rows: await read('rows.sql'), drop: await read('drop.sql') }
    }),
  )
}
