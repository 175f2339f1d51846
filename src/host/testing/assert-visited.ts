/** Whether a run came by every row of its range, and what became of those that it left alone. */
import type { BatchedMigrationDefinition, JobArguments } from '../../catalogue/definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { MigrationState } from '../../engine/types.ts'
import { countOf, formatCount } from '../../shared/format-number.ts'
import { raw, sql } from '../../shared/sql.ts'
import type { PracticeDatabase } from './practice-database.ts'
import type { RunOptions } from './run-options.ts'

/** Rows in the table that the scope means; under loose_index_scan distinct values. Throws where there is none. */
export async function countInScope(
  { query }: PracticeDatabase,
  { jobClassName, table, columns, scope, strategy }: BatchedMigrationDefinition,
  args: JobArguments,
): Promise<number> {
  const counted = strategy === 'loose_index_scan' ? sql`DISTINCT ${sql.ident(columns[0] ?? '')}` : raw('*')
  const where = scope === null ? sql`` : sql`WHERE ${scope({ args })}`
  const [row] = await query(sql`SELECT count(${counted})::int AS count FROM ${sql.ident(...table.split('.'))} ${where}`)
  const count = Number(row?.count)
  if (count > 0) return count
  throw new Error(
    `${jobClassName}: no row of ${table} is in its range${scope === null ? '' : ' and scope'}: insert some before the run`,
  )
}

/** Against the count of before the run. */
export function assertVisited(
  { rows }: MigrationState,
  expected: number,
  { jobClassName }: BatchedMigrationDefinition,
): void {
  if (rows.scanned === expected) return
  throw new Error(
    `${jobClassName} visited ${String(rows.scanned)} rows; its range has ${String(expected)}, and each is to be visited once`,
  )
}

/** `quarantined` of the options is how many are meant to be there. */
export async function assertQuarantined(
  engine: Engine,
  { id, jobClassName, rows }: MigrationState,
  { quarantined = 0 }: RunOptions,
): Promise<void> {
  if (rows.quarantined === quarantined) return
  const { rows: first } = await engine.listQuarantined(id, { after: '0', limit: 5 })
  throw new Error(
    [
      `${jobClassName} put ${countOf(rows.quarantined, 'row')} into quarantine, expected ${formatCount(quarantined)}; where they are meant: quarantined: ${String(rows.quarantined)}`,
      ...first.map(({ key, errorClass, errorMessage }) => `  (${key.join(', ')}): ${errorClass}: ${errorMessage}`),
    ].join('\n'),
  )
}

interface LeftOut {
  /** Keys of rows that `select` did not return before the first run. */
  readonly before: readonly string[]
  /** How many it does not return behind it. */
  readonly after: number
}

/**
 * A select that leaves out more rows than before, now that some were migrated, asks for what is still to do: those that it left
 * out before were done. One that leaves out as many, whatever was changed, passes them over for good.
 */
export function assertSelected(
  { jobClassName, rows }: MigrationState,
  { columns }: BatchedMigrationDefinition,
  { before, after, selectsEveryRow }: LeftOut & Pick<RunOptions, 'selectsEveryRow'>,
): void {
  const [first] = before
  if (first === undefined || selectsEveryRow === false) return
  const asksForTheRest = rows.changed === 0 || after > before.length
  if (selectsEveryRow === undefined && asksForTheRest) return
  throw new Error(
    `${jobClassName} passes over rows of its range: its select leaves out ${formatCount(before.length)} of them, first (${columns.join(', ')}) = (${first}). Rows that it is not about belong out of its scope; where others are meant: selectsEveryRow: false.`,
  )
}
