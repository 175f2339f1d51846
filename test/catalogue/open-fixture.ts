import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Catalogue } from '../../src/catalogue/catalogue.ts'
import { openCatalogue } from '../../src/catalogue/loader.ts'

/** Relative path → content. */
type Files = Readonly<Record<string, string | Uint8Array>>

/** A folder with these files, removed when the test ends. */
export function writeCatalogue(files: Files): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tranche catalogue #?ü-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  writeFiles(root, files)
  return root
}

export function writeFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

/** Opens a folder and closes it when the test ends. */
export async function open(folder: string, limitMs = 5000): Promise<Catalogue> {
  const catalogue = await openCatalogue(folder, { limitMs })
  onTestFinished(() => {
    catalogue.close()
  })
  return catalogue
}

export async function openFiles(files: Files): Promise<Catalogue> {
  return open(writeCatalogue(files))
}

/** The text of a definition that loads, with lines put before it and fields put into it. */
export function definitionText(
  jobClassName: string,
  { head = '', fields = '', perform = '() => sql`SELECT 1`' } = {},
): string {
  return `${head}import { defineBatchedMigration, sql } from 'tranche'
export default defineBatchedMigration({
  jobClassName: '${jobClassName}',
  description: 'For a test.',
  table: 'routes',
  column: 'id',
  perform: ${perform},
  ${fields}
})
`
}
