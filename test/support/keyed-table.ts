/** A table by any key whose rows count how often they were visited. */
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, StrategyName } from '../../src/catalogue/definition.ts'
import type { Sql } from '../../src/shared/sql.ts'

/** `columns`: name and type of each, as SQL; all NOT NULL and together the primary key. */
export function keyedTable(columns: Readonly<Record<string, string>>, table = 'items'): string {
  const list = Object.entries(columns).map(([name, type]) => `${name} ${type} NOT NULL`)
  return `CREATE TABLE public.${table} (${list.join(', ')}, hits integer NOT NULL DEFAULT 0, bad boolean NOT NULL DEFAULT false,
            PRIMARY KEY (${Object.keys(columns).join(', ')}))`
}

interface HitOptions {
  readonly column: string | readonly string[]
  readonly strategy?: StrategyName
  readonly batchSize?: number
  readonly subBatchSize?: number
  readonly scope?: Sql
  readonly table?: string
  readonly jobClassName?: string
}

/** Counts a hit on every row of its range. */
export function hitByKey({
  batchSize = 4,
  subBatchSize = 2,
  table = 'items',
  ...options
}: HitOptions): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName: 'HitByKey',
    description: 'Counts a hit on every row.',
    table,
    batchSize,
    subBatchSize,
    pauseMs: 0,
    ...options,
    perform: ({ subBatch }) => sql`UPDATE ${sql.ident(table)} SET hits = hits + 1 WHERE ${subBatch}`,
  })
}
