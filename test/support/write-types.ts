/** Writes resources/types: the declarations of 'tranche' and 'tranche/testing' that `tranche init` gives to an author's editor. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { emitTypes } from './emit-types.ts'

const FOLDER = fileURLToPath(new URL('../../resources/types', import.meta.url))

await rm(FOLDER, { recursive: true, force: true })
const files = emitTypes()
for (const [path, text] of files) {
  await mkdir(dirname(join(FOLDER, path)), { recursive: true })
  await writeFile(join(FOLDER, path), text)
}
process.stdout.write(`${String(files.size)} files in resources/types\n`)
