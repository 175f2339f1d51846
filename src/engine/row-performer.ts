/**
 * Form 3, `eachRow`: rows are read outside the writing transaction, transformed in the host's worker pool, and what came
 * out is written set-based in the sub-batch's transaction, together with the quarantine.
 */
import type { EachRow, PerformContext, QuarantinedRow, TransformedRow } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { isSql, type Sql } from '../shared/sql.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { keepWithinBudget } from './error-budget.ts'
import { refuseTransactionControl } from './gate.ts'
import type { Operation, Prepared } from './performer.ts'
import type { RowTransformer, TransformOutcome } from './ports.ts'
import { quarantineRows } from './tracking/quarantine-rows.ts'
import type { Key } from './types.ts'

type SourceRow = Readonly<Record<string, unknown>>

interface Sorted {
  readonly written: readonly TransformedRow[]
  readonly unresolved: number
  readonly quarantined: readonly QuarantinedRow[]
}

/** Reads and transforms the rows of one sub-batch. Without a row to write, only the progress is. */
export async function prepareRows(
  context: EngineContext,
  drive: Drive,
  { perform, performContext }: { readonly perform: EachRow; readonly performContext: PerformContext },
): Promise<Prepared> {
  const transformer = getTransformer(context)
  const { loaded } = drive
  const selected = statementOf('select', perform.select(performContext))
  const { operation } = loaded.definition
  const selectedAtMs = performance.now()
  const { rows } = await inTransaction(context, (transaction) => transaction.query(selected), {
    searchPath: drive.searchPath,
    isReadOnly: true,
  })
  const keys = rows.map((row) => keyOf(row, drive))
  const { args, migration } = drive
  const { signal, log } = performContext
  const request = { args, jobArguments: migration.jobArguments, signal, log }
  const transformedAtMs = performance.now()
  const outcomes = rows.length === 0 ? [] : await transformer.transform(loaded, rows, request)
  const parts: readonly Operation[] = [
    { name: `${operation}.select`, milliseconds: transformedAtMs - selectedAtMs, affectedRows: rows.length },
    { name: `${operation}.transform`, milliseconds: performance.now() - transformedAtMs, affectedRows: null },
  ]
  const { written, unresolved, quarantined } = sort(rows, keys, outcomes)
  return {
    isStatic: false,
    statement: written.length === 0 ? null : statementOf('write', perform.write(written)),
    async finish(run, answer) {
      if (quarantined.length > 0) {
        const { id: migrationId } = drive.migration
        await run(quarantineRows(context.tables, { migrationId, jobId: performContext.jobId, rows: quarantined }))
        const { errorBudget: budget } = loaded.definition
        if (budget !== null)
          await keepWithinBudget(run, { tables: context.tables, migrationId, budget, scanned: rows.length })
        if (perform.onQuarantine !== undefined)
          await run(statementOf('onQuarantine', perform.onQuarantine(quarantined)))
      }
      return { changed: answer?.rowCount ?? 0, unresolved, quarantined, parts }
    },
    abandon() {
      // what was read and transformed is dropped; the next try reads again
    },
  }
}

/** Throws row_transform_unavailable where the host has no worker pool for `eachRow`. */
export function getTransformer({ rowTransformer }: Pick<EngineContext, 'rowTransformer'>): RowTransformer {
  if (rowTransformer !== null) return rowTransformer
  throw new TrancheError(
    'row_transform_unavailable',
    'this definition transforms row by row (eachRow), and this program has no pool to run it in',
    { remedy: 'Write it as one statement or as a function over ctx.query, or use a Tranche that runs eachRow.' },
  )
}

function statementOf(part: 'select' | 'write' | 'onQuarantine', statement: unknown): Sql {
  if (!isSql(statement)) throw new TypeError(`${part} returned ${String(statement)}; expected sql\`…\``)
  refuseTransactionControl(statement)
  return statement
}

function keyOf(row: SourceRow, { scoped, loaded }: Drive): Key {
  return scoped.table.columns.map(({ name }) => {
    const value = row[name]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`
    throw new Error(`${loaded.definition.jobClassName}: select must return the batch column "${name}"`)
  })
}

function sort(rows: readonly SourceRow[], keys: readonly Key[], outcomes: readonly TransformOutcome[]): Sorted {
  if (outcomes.length !== rows.length) {
    throw new Error(`the row transformer answered for ${outcomes.length} rows; it was given ${rows.length}`)
  }
  const written: TransformedRow[] = []
  // By key: a select that joins may return a row of the table more than once.
  const quarantined = new Map<string, QuarantinedRow>()
  let unresolved = 0
  outcomes.forEach((outcome, index) => {
    const source = rows[index] ?? {}
    const key = keys[index] ?? []
    if (outcome.kind === 'value') written.push({ key, source, value: outcome.value })
    else if (outcome.kind === 'unresolved') unresolved += 1
    else if (outcome.kind === 'raised') {
      const { errorClass, message, stack } = outcome
      quarantined.set(key.join('\0'), { key, source, errorClass, errorMessage: message, stack })
    }
  })
  return { written, unresolved, quarantined: [...quarantined.values()] }
}
