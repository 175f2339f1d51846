/** Runs a definition over a practice database, and asserts what is true of every good one. */
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Verification } from '../../engine/types.ts'
import { parseJobArguments } from '../../shared/job-arguments.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import { assertStaysInSubBatch } from './assert-stays-in-sub-batch.ts'
import { assertQuarantined, assertSelected, assertVisited, countInScope } from './assert-visited.ts'
import { differenceOf, readTables } from './compare-tables.ts'
import { drive } from './drive-batched.ts'
import { listLeftOut } from './list-left-out.ts'
import type { PracticeDatabase } from './practice-database.ts'
import type { RunOptions, RunResult } from './run-options.ts'
import { openTestHost } from './test-host.ts'

/**
 * Queues the definition, runs it to its end and verifies it. Throws, with the definition's name, unless it finished, the jobs
 * cover its range, every row of the table in its scope was visited once and none was put into quarantine that was not meant to
 * be, nothing outside of a sub-batch changed with it, its checks hold, and a second run changes nothing. Throws where its range
 * has no row: that would prove nothing.
 */
export async function runBatched(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  options: RunOptions = {},
): Promise<RunResult> {
  const host = await openTestHost({ databases: { [definition.database]: database, ...options.databases } })
  try {
    return await runTwice(host.main.engine, { database, definition, options })
  } catch (error) {
    throw named(error, definition)
  } finally {
    await host.close()
  }
}

interface Subject {
  readonly database: PracticeDatabase
  readonly definition: BatchedMigrationDefinition
  readonly options: RunOptions
}

async function runTwice(engine: Engine, { database, definition, options }: Subject): Promise<RunResult> {
  const { ignore = [], databases = {}, selectsEveryRow } = options
  await engine.install()
  const { args } = parseJobArguments(definition, options.args ?? [])
  const inScope = await countInScope(database, definition, args)
  const id = await queue(engine, definition, options)
  const leftOut = await listLeftOut(database, definition, args)
  if (options.staysInSubBatch !== false)
    await assertStaysInSubBatch(engine, { database, definition, args, databases, id })
  const first = await drive(engine, id)
  assertVisited(first, inScope, definition)
  await assertQuarantined(engine, first, options)
  const leftOutAfter = leftOut.length === 0 ? 0 : (await listLeftOut(database, definition, args)).length
  assertSelected(first, definition, {
    before: leftOut,
    after: leftOutAfter,
    ...(selectsEveryRow === undefined ? {} : { selectsEveryRow }),
  })
  const { checks, exceptions } = await prove(engine, id, options)
  const before = await readTables(database, DEFAULT_TRACKING_SCHEMA, ignore)
  const again = await engine.requeue(id)
  await drive(engine, again.migration.id)
  const difference = differenceOf(before, await readTables(database, DEFAULT_TRACKING_SCHEMA, ignore))
  if (difference !== null)
    throw new Error(`${definition.jobClassName} is not idempotent: a second run changed ${difference}`)
  return { rows: first.rows, jobs: first.jobs.succeeded, checks, exceptions }
}

/** The id of the migration. A test may run it again over other rows. */
async function queue(
  engine: Engine,
  { jobClassName }: BatchedMigrationDefinition,
  { args = [], batchSize = 7, subBatchSize = Math.min(3, batchSize) }: RunOptions,
): Promise<string> {
  const pace = { batchSize, subBatchSize, intervalSeconds: 0, pauseMs: 0 }
  const { migration, duplicate } = await engine.queue({ jobClassName, jobArguments: args, ...pace })
  return duplicate ? (await engine.requeue(migration.id, pace)).migration.id : migration.id
}

function named(error: unknown, { jobClassName }: BatchedMigrationDefinition): unknown {
  if (!(error instanceof Error) || error.message.includes(jobClassName)) return error
  return new Error(`${jobClassName}: ${error.message}`, { cause: error })
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
