/** A table whose rows count how often they were written: `hits = hits + 1` is deliberately not idempotent. */
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../../src/catalogue/definition.ts'
import type { Sql } from '../../src/shared/sql.ts'

/** `rows` rows with gappy ids: 3, 6, 9, … */
export function hitsTable(rows: number): string {
  return `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0, bad boolean NOT NULL DEFAULT false);
          INSERT INTO items (id) SELECT 3 * n FROM generate_series(1, ${String(rows)}) AS n;
          ANALYZE items`
}

interface HitsOptions {
  readonly batchSize?: number
  readonly subBatchSize?: number
  readonly pauseMs?: number
  readonly scope?: Sql
  readonly jobClassName?: string
  /** Raise on rows that are marked bad. */
  readonly raisesOnBad?: boolean
}

/** Counts a hit on every row of its range. */
export function hitEvery(options: HitsOptions = {}): BatchedMigrationDefinition {
  const {
    batchSize = 100,
    subBatchSize = 10,
    pauseMs = 0,
    scope,
    jobClassName = 'HitEvery',
    raisesOnBad = false,
  } = options
  return defineBatchedMigration({
    jobClassName,
    description: 'Counts a hit on every row.',
    table: 'items',
    column: 'id',
    batchSize,
    subBatchSize,
    pauseMs,
    ...(scope === undefined ? {} : { scope }),
    perform: ({ subBatch }) =>
      raisesOnBad
        ? sql`UPDATE items SET hits = hits + (CASE WHEN bad THEN 1 / (hits - hits) ELSE 1 END) WHERE ${subBatch}`
        : sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
  })
}
