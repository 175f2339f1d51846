/** How many rows a definition allows to end in quarantine before that is taken for an outage, not for bad rows. */
import type { ErrorBudget, QuarantinedRow } from '../catalogue/definition.ts'
import { keyWords } from '../shared/describe-range.ts'
import { TrancheError } from '../shared/errors.ts'
import { countOf } from '../shared/format-number.ts'
import { sql } from '../shared/sql.ts'
import type { Run } from './gate.ts'
import type { TrackingTables } from './tracking/tables.ts'

/** A share says nothing about fewer rows than this. */
const MIN_ROWS_FOR_SHARE = 1000
const SHOWN_CAUSES = 3
const SHOWN_KEYS = 3

interface Spending {
  readonly tables: TrackingTables
  readonly migrationId: string
  readonly budget: ErrorBudget
  /** Rows of this very sub-batch that were read; those before it are in the progress. */
  readonly scanned: number
  /** Those of this very sub-batch, which are rolled back with it: the error is all that tells of them. */
  readonly latest: readonly QuarantinedRow[]
}

/**
 * Asked in the sub-batch's transaction, behind its own entries in the quarantine, so that what is over the budget is rolled
 * back and the rows are tried again with the next attempt. What other lanes have not committed yet is not counted.
 * Throws error_budget_exceeded.
 */
export async function keepWithinBudget(
  run: Run,
  { tables, migrationId, budget, scanned, latest }: Spending,
): Promise<void> {
  const { rows } = await run(
    sql`SELECT (SELECT count(*) FROM ${tables.quarantine} WHERE migration_id = ${migrationId}::bigint) AS quarantined,
               (SELECT coalesce(sum(scanned), 0) FROM ${tables.progress} WHERE migration_id = ${migrationId}::bigint) AS scanned`,
  )
  const quarantined = Number(rows[0]?.quarantined)
  const allowed = allowedRows(budget, Number(rows[0]?.scanned) + scanned)
  if (quarantined <= allowed) return
  throw new TrancheError(
    'error_budget_exceeded',
    `${countOf(quarantined, 'row')} could not be migrated; the error budget allows ${String(allowed)}\n${causesOf(latest)}`,
    {
      remedy: 'Put right what the rows, or a service that they need, are missing; then retry.',
      details: { quarantined, allowed },
    },
  )
}

/** The commonest errors with how many rows met them, and the first keys: `18 × HttpError: 503, such as 12, 15`. */
function causesOf(rows: readonly QuarantinedRow[]): string {
  const groups = Map.groupBy(
    rows,
    ({ errorClass, errorMessage }) => `${errorClass}: ${errorMessage.split('\n')[0] ?? ''}`,
  )
  const shown = [...groups].toSorted(([, a], [, b]) => b.length - a.length).slice(0, SHOWN_CAUSES)
  const said = shown.map(([error, of]) => {
    const keys = of.slice(0, SHOWN_KEYS).map(({ key }) => keyWords(key))
    return `${String(of.length)} × ${error}, such as ${keys.join(', ')}`
  })
  return `In this sub-batch: ${said.join('; ')}`
}

function allowedRows(budget: ErrorBudget, scanned: number): number {
  if ('rows' in budget) return budget.rows
  return scanned < MIN_ROWS_FOR_SHARE ? Infinity : Math.floor(scanned * budget.share)
}
