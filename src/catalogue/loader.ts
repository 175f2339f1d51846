import { randomBytes } from 'node:crypto'
import { opendir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { init as initLexer } from 'es-module-lexer'
import { messageOf, TrancheError } from '../shared/errors.ts'
import { brokenFile, type BrokenFile, type Catalogue } from './catalogue.ts'
import { readCatalogueConfig } from './catalogue-config.ts'
import { readCataloguePackages } from './catalogue-package.ts'
import type { LoadedDefinition } from './definition.ts'
import { driftHash } from './drift-hash.ts'
import { evaluateDefinition } from './evaluate-definition.ts'
import type { Evaluation } from './evaluation.ts'
import { stampOf } from './folder-stamp.ts'
import { listDefinitionFiles } from './list-definition-files.ts'
import { readModuleGraph, reachOf } from './module-graph.ts'
import { registerModuleHooks } from './module-hooks.ts'
import { isProblem } from './source-file.ts'
import type { LoadedSteppedMigration } from './stepped/definition.ts'
import { brokenSteppedOf, nameSteppedMigration, separateVersions } from './stepped/stepped-files.ts'

interface OpenOptions {
  /** How long the top-level await of one file may take (5000). */
  readonly limitMs?: number
}

/**
 * Reads a folder of definitions. A file that cannot be used is listed in `broken` and hides no other one. Opening again
 * sees every edit. Throws `catalogue_missing` where there is no folder that can be read.
 */
export async function openCatalogue(folder: string, { limitMs = 5000 }: OpenOptions = {}): Promise<Catalogue> {
  const root = await requireFolder(folder)
  // Before anything is read, so that what is written meanwhile is noticed.
  const stamp = await stampOf(root)
  await initLexer()
  const [listed, config, packages] = await Promise.all([
    listDefinitionFiles(root),
    readCatalogueConfig(root),
    readCataloguePackages(root),
  ])
  const graph = await readModuleGraph(root, listed.files, packages.names)
  const generation = randomBytes(4).toString('hex')
  const hooks = registerModuleHooks({ root, generation, graph })
  const loaded: LoadedDefinition[] = []
  const loadedStepped: LoadedSteppedMigration[] = []
  const broken = [...listed.problems, config.problem, packages.problem].flatMap((problem) =>
    problem === null ? [] : [brokenFile(problem.at.file, problem)],
  )
  // One after the other: a file that fails to compile is told by being the last one loaded.
  for (const file of listed.files) {
    const outcome = await loadDefinition(file, { root, generation, graph, hooks, limitMs })
    if (!('definition' in outcome)) broken.push(outcome)
    else if ('name' in outcome) loadedStepped.push(outcome)
    else loaded.push(outcome)
  }
  const { unique, repeated } = separateRepeated(loaded)
  const versions = separateVersions(loadedStepped)
  const unusable = [...broken, ...repeated, ...versions.repeated]
  const stepped = { migrations: versions.unique, broken: brokenSteppedOf(unusable) }
  const byName = new Map(unique.map((definition) => [definition.definition.jobClassName, definition]))
  return {
    folder: root,
    definitions: unique,
    broken: unusable.sort((a, b) => compare(a.file, b.file)),
    requiredStops: config.requiredStops,
    find: (jobClassName) => byName.get(jobClassName),
    list: () => unique,
    stepped: () => stepped,
    hasChanged: async () => (await stampOf(root)) !== stamp,
    close: hooks.deregister,
  }
}

async function requireFolder(folder: string): Promise<string> {
  const path = resolve(folder)
  try {
    const root = await realpath(path)
    await (await opendir(root)).close()
    return root
  } catch (cause) {
    throw new TrancheError('catalogue_missing', `the catalogue ${path} cannot be opened: ${reasonOf(cause)}`, {
      remedy: 'Name a folder of definitions with --catalogue.',
      cause,
    })
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  if (code === 'ENOENT') return 'there is no such folder'
  if (code === 'ENOTDIR') return 'it is a file; expected a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it'
  return messageOf(cause)
}

async function loadDefinition(
  file: string,
  evaluation: Evaluation & { readonly root: string },
): Promise<LoadedDefinition | LoadedSteppedMigration | BrokenFile> {
  const { files, packages, problem } = reachOf(evaluation.graph, file)
  if (problem !== null) return brokenFile(file, problem)
  const definition = await evaluateDefinition(file, evaluation)
  if (isProblem(definition)) return brokenFile(file, definition)
  const place = { folder: evaluation.root, file, hash: driftHash(files), files, packages }
  return definition.kind === 'batched' ? { definition, ...place } : nameSteppedMigration(definition, place)
}

/** Which of two definitions of one name is meant is for their authors to say: neither is used. */
function separateRepeated(loaded: readonly LoadedDefinition[]): {
  readonly unique: readonly LoadedDefinition[]
  readonly repeated: readonly BrokenFile[]
} {
  const byName = Map.groupBy(loaded, ({ definition }) => definition.jobClassName)
  const groups = [...byName].sort(([a], [b]) => compare(a, b))
  const unique = groups.flatMap(([, group]) => (group.length === 1 ? group : []))
  const repeated = groups.flatMap(([name, group]) =>
    group.length === 1 ? [] : group.map(({ file }) => repeatedFile(file, name, group)),
  )
  return { unique, repeated }
}

function repeatedFile(file: string, name: string, group: readonly LoadedDefinition[]): BrokenFile {
  const others = group.flatMap((other) => (other.file === file ? [] : [other.file])).join(', ')
  return brokenFile(file, {
    at: { file, line: null, column: null },
    code: 'definition_invalid',
    message: `the job class name ${name} is used by ${others} too; expected one definition for each name`,
    remedy: 'Rename one of them, or remove it.',
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
