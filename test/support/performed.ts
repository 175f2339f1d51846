/** Definitions with one `perform` or another, over six rows in jobs of four and two, sub-batches of two. */
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, PerformFunction } from '../../src/catalogue/definition.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { type Bundle, setup } from './engine-setup.ts'
import { hitsTable } from './hits.ts'

type Input = Parameters<typeof defineBatchedMigration>[0]

export function define(perform: PerformFunction, input: Partial<Input> = {}): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName: 'Performed',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: 4,
    subBatchSize: 2,
    pauseMs: 0,
    perform,
    ...input,
  })
}

/** Queued over six rows, ids 3 to 18: jobs of four and two rows, sub-batches of two. */
export async function performed(
  definition: BatchedMigrationDefinition,
  schema = '',
): Promise<Bundle & { migrationId: string }> {
  const bundle = await setup({ schema: `${hitsTable(6)}; ${schema}`, definitions: [definition] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Performed' })
  return { ...bundle, migrationId: migration.id }
}

export const hits = async ({ query }: Pick<Bundle, 'query'>): Promise<unknown[]> =>
  (await query<{ hits: number }>('SELECT hits FROM items ORDER BY id')).map((row) => row.hits)

/** The first failure as an operator reads it. */
export async function failureOf(engine: Engine, migrationId: string): Promise<string> {
  const { jobs } = await engine.failures(migrationId)
  const entry = jobs[0]?.log.find(({ nextStatus }) => nextStatus === 'failed')
  return `${String(entry?.exceptionClass)}: ${String(entry?.exceptionMessage)}`
}

export const HIT = (subBatch: Parameters<PerformFunction>[0]['subBatch']): ReturnType<typeof sql> =>
  sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`

/** Queued over twelve rows, ids 3 to 36: three jobs of four. Each is hit once. */
export async function queued(
  input: NonNullable<Parameters<typeof define>[1]> = {},
  jobArguments: readonly unknown[] = [],
): Promise<Bundle & { migrationId: string }> {
  const definition = define(({ subBatch }) => HIT(subBatch), input)
  const bundle = await setup({ schema: hitsTable(12), definitions: [definition] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Performed', jobArguments })
  return { ...bundle, migrationId: migration.id }
}

/** The same, and run to its end. */
export async function finished(...given: Parameters<typeof queued>): Promise<Bundle & { migrationId: string }> {
  const bundle = await queued(...given)
  await bundle.engine.run(bundle.migrationId)
  return bundle
}
