/** Runs a stepped migration over a practice database, and asserts what is true of every good one. */
import type { SteppedMigrationDefinition } from '../../catalogue/stepped/definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SteppedMigrationValue } from '../../shared/stepped-view.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import { differenceOf, readTables } from './compare-tables.ts'
import type { PracticeDatabase } from './practice-database.ts'
import { differenceOfShapes, readShape } from './read-shape.ts'
import { openTestHost } from './test-host.ts'

export interface SteppedRunOptions {
  /** How vectors are stored; as the server can if nothing is said: `vector` where it has pgvector, else `real`. */
  readonly vectors?: 'vector' | 'real'
  /** What the tables of collections begin with; as of a connection that names nothing if nothing is said. */
  readonly prefix?: string
  /** Whether the operator agrees to what it asks for, such as dropping a table (false). */
  readonly approve?: boolean
  /** Columns that a second run may change, such as updated_at. */
  readonly ignore?: readonly string[]
}

export interface SteppedRunResult {
  readonly status: 'completed' | 'skipped'
  /** Why it was passed over: `skip` says so, or nobody agreed; null where it completed. */
  readonly skippedBecause: string | null
  /** What each completed operation found and did, by its key: counts, checksums, exceptions. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/**
 * Runs this one stepped migration of the catalogue, on the database itself as the active connection. Throws unless it
 * completed or was skipped, and where a second run of all its operations changes a row or how a table is made.
 */
export async function runStepped(
  database: PracticeDatabase,
  definition: SteppedMigrationDefinition,
  options: SteppedRunOptions = {},
): Promise<SteppedRunResult> {
  const { version } = definition
  const host = await openTestHost({ databases: { [definition.database]: database }, onlyStepped: version })
  try {
    const { engine } = host.main
    await engine.install()
    const { prefix } = options
    await engine.stepped.connect({
      name: 'test',
      vectorStorage: await storageOf(engine, options),
      ...(prefix === undefined ? {} : { prefix }),
    })
    // A test may run it again over other rows.
    if ((await stateOf(engine, version)).status !== null) await engine.stepped.reset(version)
    const first = await drive(engine, version, options)
    const before = await readAll(database, options)
    await engine.stepped.reset(version)
    await drive(engine, version, options)
    assertSame(version, before, await readAll(database, options))
    return resultOf(first)
  } finally {
    await host.close()
  }
}

async function storageOf(engine: Engine, { vectors }: SteppedRunOptions): Promise<'vector' | 'real'> {
  return vectors ?? ((await engine.stepped.hasVector()) ? 'vector' : 'real')
}

async function stateOf(engine: Engine, version: string): Promise<SteppedMigrationValue> {
  const found = (await engine.stepped.list()).migrations.find((each) => each.version === version)
  if (found !== undefined) return found
  throw new Error(`the catalogue has no stepped migration ${version}; a run loads it from there by its version`)
}

/** One try, so that a test hears of the first failure at once. */
async function drive(
  engine: Engine,
  version: string,
  { approve = false }: SteppedRunOptions,
): Promise<SteppedMigrationValue> {
  let [turn] = await engine.stepped.work({ once: true })
  if (approve && (await stateOf(engine, version)).needsApproval !== null) {
    await engine.stepped.approve(version)
    ;[turn] = await engine.stepped.work({ once: true })
  }
  const state = await stateOf(engine, version)
  if (state.status === 'completed' || state.status === 'skipped') return state
  throw new Error(`${version} did not complete: ${state.errorMessage ?? turn?.message ?? String(state.status)}`)
}

interface Everything {
  readonly tables: Awaited<ReturnType<typeof readTables>>
  readonly shape: readonly string[]
}

async function readAll(database: PracticeDatabase, { ignore = [] }: SteppedRunOptions): Promise<Everything> {
  return {
    tables: await readTables(database, DEFAULT_TRACKING_SCHEMA, ignore),
    shape: await readShape(database, DEFAULT_TRACKING_SCHEMA),
  }
}

function assertSame(version: string, before: Everything, after: Everything): void {
  const rows = differenceOf(before.tables, after.tables)
  const difference = differenceOfShapes(before.shape, after.shape) ?? (rows === null ? null : `changed ${rows}`)
  if (difference !== null) throw new Error(`${version} is not idempotent: a second run ${difference}`)
}

function resultOf({ status, skippedBecause, operations }: SteppedMigrationValue): SteppedRunResult {
  return {
    status: status === 'completed' ? 'completed' : 'skipped',
    skippedBecause,
    operations: Object.fromEntries(
      operations.flatMap(({ key, result }) => (result === null ? [] : [[key, result] as const])),
    ),
  }
}
