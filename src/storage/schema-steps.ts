/** The numbered files of the console's own schema, oldest first. An older one is never changed. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('schema', import.meta.url))

export async function readSchemaSteps(): Promise<readonly string[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}\.sql$/.test(name)).sort()
  return Promise.all(names.map((name) => readFile(new URL(`schema/${name}`, import.meta.url), 'utf8')))
}
