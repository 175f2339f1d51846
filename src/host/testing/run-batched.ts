/** Runs a definition over a practice database, and asserts what is true of every good one. */
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Key, MigrationState, Verification } from '../../engine/types.ts'
import { parseJobArguments } from '../../shared/job-arguments.ts'
import { raw, sql } from '../../shared/sql.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import { differenceOf, readTables } from './compare-tables.ts'
import { findStrayRow, readRows } from './find-stray-row.ts'
import type { PracticeDatabase } from './practice-database.ts'
import { openTestHost } from './test-host.ts'
import { tryEmptySlice } from './try-empty-slice.ts'

export interface RunOptions {
  /** Job arguments, in declaration order. */
  readonly args?: readonly unknown[]
  /** Small by default (7 and 3), so that a few rows make several jobs and sub-batches. */
  readonly batchSize?: number
  readonly subBatchSize?: number
  /** The other logical databases that the definition reaches. */
  readonly databases?: Readonly<Record<string, PracticeDatabase>>
  /** Columns that a second run may change, such as updated_at. */
  readonly ignore?: readonly string[]
  /** Whether the author's own checks must hold (true). */
  readonly verify?: boolean
  /** Whether it must change nothing outside of its sub-batch (true); false where that is meant, such as a row's parent. */
  readonly staysInSubBatch?: boolean
}

export interface RunResult {
  /** Of the first run. */
  readonly rows: {
    readonly scanned: number
    readonly changed: number
    readonly unresolved: number
    readonly quarantined: number
  }
  readonly jobs: number
  readonly checks: readonly { readonly name: string; readonly holds: boolean; readonly found: string }[]
  readonly exceptions: readonly { readonly name: string; readonly count: number | string }[]
}

/**
 * Queues the definition, runs it to its end and verifies it. Throws unless it finished, the jobs cover its range, every
 * row of the table in its scope was visited once, nothing outside of a sub-batch changed with it, its checks hold, and a second
 * run changes nothing.
 */
export async function runBatched(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  options: RunOptions = {},
): Promise<RunResult> {
  const host = await openTestHost({ databases: { [definition.database]: database, ...options.databases } })
  try {
    const { engine } = host.main
    await engine.install()
    const inScope = await countInScope(database, definition, options)
    const { migration } = await engine.queue({
      jobClassName: definition.jobClassName,
      jobArguments: options.args ?? [],
      batchSize: options.batchSize ?? 7,
      subBatchSize: options.subBatchSize ?? Math.min(3, options.batchSize ?? 7),
      intervalSeconds: 0,
      pauseMs: 0,
    })
    if (options.staysInSubBatch !== false)
      await assertStaysInSubBatch(engine, migration.id, { database, definition, options })
    const first = await drive(engine, migration.id)
    assertVisited(first, inScope, definition)
    const verification = await prove(engine, migration.id, options)
    const before = await readTables(database, DEFAULT_TRACKING_SCHEMA, options.ignore ?? [])
    const again = await engine.requeue(migration.id)
    await drive(engine, again.migration.id)
    const difference = differenceOf(before, await readTables(database, DEFAULT_TRACKING_SCHEMA, options.ignore ?? []))
    if (difference !== null)
      throw new Error(`${definition.jobClassName} is not idempotent: a second run changed ${difference}`)
    const { checks, exceptions } = verification
    return { rows: first.rows, jobs: first.jobs.succeeded, checks, exceptions }
  } finally {
    await host.close()
  }
}

async function drive(engine: Engine, id: string): Promise<MigrationState> {
  const { reason } = await engine.run(id, { force: true })
  const state = await engine.get(id)
  if (state.status === 'finished') return state
  const { groups } = await engine.failures(id)
  const failures = groups.map(({ exceptionClass, message }) => `${exceptionClass}: ${message}`)
  throw new Error([`${state.jobClassName} did not finish (${reason})`, ...failures].join('\n'))
}

interface Subject {
  readonly database: PracticeDatabase
  readonly definition: BatchedMigrationDefinition
  readonly options: RunOptions
}

/** Of a sub-batch without rows, which is rolled back, and of the first one, behind which the run is stopped. */
async function assertStaysInSubBatch(
  engine: Engine,
  id: string,
  { database, definition, options }: Subject,
): Promise<void> {
  const { jobClassName, columns } = definition
  const { args } = parseJobArguments(definition, options.args ?? [])
  const done = await tryEmptySlice(database, definition, { args, databases: options.databases ?? {} })
  if (done !== null)
    throw new Error(`${jobClassName} ignores its sub-batch: over one without any row ${done}. ${NARROW}`)
  const before = await readRows(database, definition)
  const end = await runFirstSubBatch(engine, id)
  const stray = end === null ? null : await findStrayRow(database, definition, { before, end })
  if (stray !== null)
    throw new Error(
      `${jobClassName} reaches beyond its sub-batch: the first one, up to (${columns.join(', ')}) = (${end?.join(', ') ?? ''}), changed ${stray}. ${NARROW}`,
    )
}

const NARROW =
  'Every statement is to be narrowed by ${subBatch}, joined to what else it names, with parentheses around any OR beside it; where other rows are meant: staysInSubBatch: false.'

/** Its last key; null where none was committed. With a pause no other one is sent before it is there. */
async function runFirstSubBatch(engine: Engine, id: string): Promise<Key | null> {
  const stopping = new AbortController()
  const ends: Key[] = []
  const unsubscribe = engine.on('sub_batch:committed', ({ end }) => {
    ends.push(end)
    stopping.abort()
  })
  try {
    await engine.set(id, { pauseMs: 1 })
    await engine.run(id, { force: true, signal: stopping.signal })
    if (ends.length > 0) await engine.set(id, { pauseMs: 0 })
  } finally {
    unsubscribe()
  }
  return ends.at(-1) ?? null
}

/** Rows in the table that the scope means; under loose_index_scan distinct values. */
async function countInScope(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  { args = [] }: RunOptions,
): Promise<number> {
  const { table, columns, scope, strategy } = definition
  const parsed = parseJobArguments(definition, args)
  const counted = strategy === 'loose_index_scan' ? sql`DISTINCT ${sql.ident(columns[0] ?? '')}` : raw('*')
  const where = scope === null ? sql`` : sql`WHERE ${scope({ args: parsed.args })}`
  const [row] = await database.query(
    sql`SELECT count(${counted})::int AS count FROM ${sql.ident(...table.split('.'))} ${where}`,
  )
  return Number(row?.count)
}

function assertVisited({ rows }: MigrationState, expected: number, { jobClassName }: BatchedMigrationDefinition): void {
  if (rows.scanned === expected) return
  throw new Error(
    `${jobClassName} visited ${String(rows.scanned)} rows; its range has ${String(expected)}, and each is to be visited once`,
  )
}

async function prove(engine: Engine, id: string, { verify = true }: RunOptions): Promise<Verification> {
  const verification = await engine.verify(id)
  const failing = verification.checks.filter(
    ({ holds, kind }) => !holds && (verify || kind === 'jobs_succeeded' || kind === 'coverage'),
  )
  if (failing.length === 0) return verification
  const lines = failing.map(
    ({ name, expected, found, rows }) =>
      `  "${name}": expected ${expected}, found ${found}${rows.map((row) => `\n    ${JSON.stringify(row)}`).join('')}`,
  )
  throw new Error(['checks do not hold:', ...lines].join('\n'))
}
