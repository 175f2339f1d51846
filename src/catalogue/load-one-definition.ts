/** One definition of a catalogue, loaded by itself: for a worker thread, which must run what its run was checked against. */
import { randomBytes } from 'node:crypto'
import { init as initLexer } from 'es-module-lexer'
import { TrancheError } from '../shared/errors.ts'
import type { Problem } from './catalogue.ts'
import { readCataloguePackages } from './catalogue-package.ts'
import type { BatchedMigrationDefinition } from './definition.ts'
import { driftHash } from './drift-hash.ts'
import { evaluateDefinition } from './evaluate-definition.ts'
import { readModuleGraph, reachOf } from './module-graph.ts'
import { registerModuleHooks } from './module-hooks.ts'
import { isProblem } from './source-file.ts'

const LIMIT_MS = 5_000

interface Wanted {
  /** Of the catalogue; absolute, links resolved. */
  readonly folder: string
  readonly file: string
  readonly hash: string
}

/** Throws definition_drift where its text is another one by now, definition_invalid and definition_import as opening does. */
export async function loadOneDefinition({ folder, file, hash }: Wanted): Promise<BatchedMigrationDefinition> {
  await initLexer()
  const packages = await readCataloguePackages(folder)
  const graph = await readModuleGraph(folder, [file], packages.names)
  const { files, problem } = reachOf(graph, file)
  if (problem !== null) throw errorOf(problem)
  if (driftHash(files) !== hash) throw drifted(file)
  const generation = randomBytes(4).toString('hex')
  const hooks = registerModuleHooks({ root: folder, generation, graph })
  const definition = await evaluateDefinition(file, { generation, graph, hooks, limitMs: LIMIT_MS })
  if (isProblem(definition)) throw errorOf(definition)
  if (definition.kind !== 'batched') throw new TypeError(`${file} is no batched migration`)
  return definition
}

function errorOf({ at, code, message, remedy }: Problem): TrancheError {
  const place = at.line === null ? at.file : `${at.file}:${String(at.line)}`
  return new TrancheError(code, `${place}: ${message}`, { remedy })
}

function drifted(file: string): TrancheError {
  return new TrancheError('definition_drift', `${file} changed while a run was going on with it`, {
    remedy: 'Put it and the files that it imports back as they were, then retry the job.',
    details: { file },
  })
}
