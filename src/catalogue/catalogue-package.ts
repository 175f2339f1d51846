import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Problem } from './catalogue.ts'
import { messageOf } from '../shared/errors.ts'

/** The npm packages that the catalogue's own package.json lists. */
export interface CataloguePackages {
  readonly names: ReadonlySet<string>
  readonly problem: Problem | null
}

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) })
const installedSchema = z.object({ version: z.string() })

export async function readCataloguePackages(root: string): Promise<CataloguePackages> {
  let text: string
  try {
    text = await readFile(join(root, 'package.json'), 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    return { names: new Set(), problem: isMissing ? null : malformed(cause) }
  }
  try {
    return { names: new Set(Object.keys(manifestSchema.parse(JSON.parse(text)).dependencies)), problem: null }
  } catch (cause) {
    return { names: new Set(), problem: malformed(cause) }
  }
}

/** The version of an installed package as `importer` would get it, or null where it is not installed. */
export async function installedVersion(name: string, importer: string): Promise<string | null> {
  try {
    const manifest = findPackageJSON(name, pathToFileURL(importer))
    if (manifest === undefined) return null
    return installedSchema.parse(JSON.parse(await readFile(manifest, 'utf8'))).version
  } catch {
    return null // not found, or not a package that npm would install
  }
}

function malformed(cause: unknown): Problem {
  const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
  return {
    at: { file: 'package.json', line: null, column: null },
    code: 'definition_invalid',
    message: `cannot be used: ${reason}`,
    remedy: 'Correct it; until then the definitions may import no npm package.',
  }
}
