/** A worker thread: loads definitions as the catalogue does, and runs their `transform` over the rows that it is given. */
import { parentPort } from 'node:worker_threads'
import { loadOneDefinition } from '../../catalogue/load-one-definition.ts'
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import { toAppError } from '../../shared/errors.ts'
import { parseJobArguments } from '../../shared/job-arguments.ts'
import type { ChunkMessage, DefinitionPlace, WorkerMessage } from './messages.ts'
import { transformRows } from './transform-rows.ts'

const PROGRESS_MS = 250
// As many frames as the backtraces have that application code keeps; Node's own limit is ten.
Error.stackTraceLimit = 20

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

/** The same text is evaluated once for each thread: state of a module is per worker. */
const loaded = new Map<string, Promise<BatchedMigrationDefinition>>()

async function load(place: DefinitionPlace): Promise<BatchedMigrationDefinition> {
  const key = JSON.stringify(place)
  const known = loaded.get(key) ?? loadOneDefinition(place)
  loaded.set(key, known)
  // A file may be put back as it was.
  known.catch(() => loaded.delete(key))
  return known
}

async function work({ chunkId, place, jobArguments, rows }: ChunkMessage): Promise<void> {
  const tell = (message: WorkerMessage): void => {
    port?.postMessage(message)
  }
  try {
    const definition = await load(place)
    const { args } = parseJobArguments(definition, jobArguments)
    // From here on rows count.
    tell({ kind: 'progress', chunkId })
    let toldAtMs = performance.now()
    const outcomes = await transformRows(definition, rows, {
      args,
      log: (level, message, fields = {}) => {
        tell({ kind: 'log', chunkId, level, message, fields: clonable(fields) })
      },
      onRow: () => {
        if (performance.now() - toldAtMs < PROGRESS_MS) return
        toldAtMs = performance.now()
        tell({ kind: 'progress', chunkId })
      },
    })
    tell({ kind: 'done', chunkId, outcomes })
  } catch (error) {
    const { code, message, remedy } = toAppError(error)
    tell({ kind: 'refused', chunkId, code, message, remedy })
  }
}

function clonable(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(fields)
  } catch {
    return { names: Object.keys(fields) }
  }
}

port.on('message', (message: ChunkMessage) => void work(message))
