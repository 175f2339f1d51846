import { lstat, realpath } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import type { Problem } from './catalogue.ts'
import { installedVersion } from './catalogue-package.ts'
import { catalogueRelative, isInside } from './catalogue-path.ts'
import type { ImportSite } from './list-imports.ts'

/** What an import of a catalogue's file leads to. */
export type Resolution =
  | { readonly kind: 'api' }
  | { readonly kind: 'builtin' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly installed: string }
  /** Only types are taken from it, so it need not be installed. */
  | { readonly kind: 'type_package' }

export interface ImportRequest {
  readonly root: string
  /** Relative path of the importing file. */
  readonly importer: string
  readonly site: ImportSite
  /** What the catalogue's package.json lists. */
  readonly packages: ReadonlySet<string>
}

const RULE =
  "A definition may import 'tranche', 'node:crypto', files of its own catalogue by a relative path, and npm packages that the catalogue's package.json lists under dependencies."

/** The rule of imports. It judges before anything runs, and judges types as it judges code. */
export async function resolveImport(request: ImportRequest): Promise<Resolution | Problem> {
  const { specifier } = request.site
  if (specifier === null) {
    return refuse(
      request,
      'imports something computed; expected import() of a text literal',
      'Name the module in quotes.',
    )
  }
  if (specifier === 'tranche') return { kind: 'api' }
  if (specifier === 'node:crypto') return { kind: 'builtin' }
  if (/^\.\.?(\/|$)/.test(specifier)) return resolveFile(request, specifier)
  if (specifier === 'crypto') return refuse(request, "imports 'crypto'", "Write 'node:crypto'.")
  const name = /^(@[^/:#\\]+\/)?[^@./:#\\][^/:#\\]*(?=\/|$)/.exec(specifier)?.[0]
  if (name === undefined || isBuiltin(specifier) || !request.packages.has(name)) {
    return refuse(request, `imports '${specifier}', which a definition may not import`, RULE)
  }
  return resolvePackage(request, name)
}

async function resolvePackage(request: ImportRequest, name: string): Promise<Resolution | Problem> {
  if (request.site.isTypeOnly) return { kind: 'type_package' }
  const version = await installedVersion(name, join(request.root, request.importer))
  if (version !== null) return { kind: 'package', installed: `${name}@${version}` }
  return refuse(
    request,
    `imports '${name}', which the catalogue's package.json lists but which is not installed`,
    'Run npm install in the catalogue.',
  )
}

async function resolveFile(request: ImportRequest, specifier: string): Promise<Resolution | Problem> {
  const { root, importer } = request
  // As a path first, since that is what editors do with it, then as the URL that JavaScript makes of it.
  for (const name of new Set([specifier, decoded(specifier)])) {
    const path = join(root, posix.dirname(importer), name)
    if (!isInside(root, path)) {
      return refuse(
        request,
        `imports '${specifier}', which is outside of the catalogue`,
        'Move what it needs into the catalogue.',
      )
    }
    const target = await realFile(path)
    if (target === null) continue
    if (!isInside(root, target)) {
      return refuse(
        request,
        `imports '${specifier}', which is a link to a file outside of the catalogue`,
        'Copy the file into the catalogue.',
      )
    }
    if (/\.(ts|mts|js|mjs|json)$/.test(target)) return { kind: 'file', path: catalogueRelative(root, target) }
    return refuse(request, `imports '${specifier}'; expected a .ts, .mts, .js, .mjs or .json file`, RULE)
  }
  return refuse(
    request,
    `imports '${specifier}', which is not a file of the catalogue`,
    await suggestion(request, specifier),
  )
}

async function suggestion({ root, importer }: ImportRequest, specifier: string): Promise<string> {
  const stem = specifier.replace(/\.m?js$/, '')
  const isThere = (await realFile(join(root, posix.dirname(importer), `${stem}.ts`))) !== null
  return isThere
    ? `Write '${stem}.ts': the name of the file with its ending.`
    : 'Write the name of the file, with its ending.'
}

function decoded(specifier: string): string {
  try {
    return decodeURIComponent(specifier)
  } catch {
    return specifier
  }
}

/** Where a path leads when every link is followed; null where there is no file. */
async function realFile(path: string): Promise<string | null> {
  try {
    const target = await realpath(path)
    return (await lstat(target)).isFile() ? target : null
  } catch {
    return null
  }
}

function refuse({ importer, site }: ImportRequest, message: string, remedy: string): Problem {
  const { line, column } = site
  return { at: { file: importer, line, column }, code: 'definition_import', message, remedy }
}
