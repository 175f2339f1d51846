/**
 * Form 3, `eachRow`: rows are read outside the writing transaction, transformed in the host's worker pool, and what came
 * out is written set-based in the sub-batch's transaction, together with the quarantine.
 */
import type { EachRow, PerformContext, QuarantinedRow, TransformedRow } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { isSql, raw, sql, type Sql } from '../shared/sql.ts'
import { keyText } from './batching/key-range.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { keepWithinBudget } from './error-budget.ts'
import { refuseTransactionControl, type Run } from './gate.ts'
import { Misuse } from './misuse.ts'
import type { Operation, Prepared } from './performer.ts'
import type { RowTransformer, TransformOutcome } from './ports.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import { quarantineRows } from './tracking/quarantine-rows.ts'
import type { Key } from './types.ts'
import { countReasons } from './unresolved-reasons.ts'

type SourceRow = Readonly<Record<string, unknown>>

interface Sorted {
  readonly written: readonly TransformedRow[]
  readonly unresolved: readonly string[]
  readonly quarantined: readonly QuarantinedRow[]
}

/** Reads and transforms the rows of one sub-batch. Without a row to write, only the progress is. */
export async function prepareRows(
  context: EngineContext,
  drive: Drive,
  { perform, performContext }: { readonly perform: EachRow; readonly performContext: PerformContext },
): Promise<Prepared> {
  const transformer = getTransformer(context)
  const { loaded, args, migration } = drive
  const { operation } = loaded.definition
  const selectedAtMs = performance.now()
  const { rows, keys } = await selectRows(context, drive, { perform, performContext })
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
        const { jobId } = performContext
        await recordQuarantined(run, context, drive, { jobId, scanned: rows.length, rows: quarantined })
      }
      const unresolvedReasons = countReasons(unresolved)
      return { changed: answer?.rowCount ?? 0, unresolved: unresolved.length, unresolvedReasons, quarantined, parts }
    },
    abandon() {
      // what was read and transformed is dropped; the next try reads again
    },
  }
}

interface Quarantining {
  readonly jobId: string
  /** Rows of this sub-batch that were read. */
  readonly scanned: number
  readonly rows: readonly QuarantinedRow[]
}

/** In the sub-batch's transaction, with what the author records of them. Throws error_budget_exceeded. */
export async function recordQuarantined(
  run: Run,
  { tables }: EngineContext,
  { loaded, migration: { id: migrationId }, errorBudget: budget }: Drive,
  { jobId, scanned, rows }: Quarantining,
): Promise<void> {
  await run(quarantineRows(tables, { migrationId, jobId, rows }))
  if (budget !== null) await keepWithinBudget(run, { tables, migrationId, budget, scanned, latest: rows })
  const { perform } = loaded.definition
  if (typeof perform === 'function' || perform.onQuarantine === undefined) return
  await run(statementOf('onQuarantine', perform.onQuarantine(rows)))
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
  if (!isSql(statement)) throw new Misuse(`${part} returned ${String(statement)}; expected sql\`…\``)
  refuseTransactionControl(statement)
  return statement
}

interface Selected {
  readonly rows: readonly SourceRow[]
  readonly keys: readonly Key[]
}

const KEY = 'tranche key'

/**
 * The author's rows, and beside them their keys as planning writes them: text that the server makes, so that a key names the same
 * row whatever the session writes dates as, and whatever becomes of the value in JavaScript.
 */
export async function selectRows(
  context: EngineContext,
  drive: Drive,
  { perform, performContext }: { readonly perform: EachRow; readonly performContext: PerformContext },
): Promise<Selected> {
  const selected = statementOf('select', perform.select(performContext))
  const { columns } = drive.scoped.table
  const statement = sql`WITH selected AS (${selected})
                        SELECT selected.*, ${keyText(raw('selected'), columns)} AS ${sql.ident(KEY)} FROM selected`
  const settings = { searchPath: drive.searchPath, isReadOnly: true, isPlanning: true }
  try {
    const { rows } = await inTransaction(context, (transaction) => transaction.query(statement), settings)
    return {
      rows: rows.map(({ [KEY]: _key, ...row }) => row),
      keys: rows.map(({ [KEY]: key }) => key as Key), // of keyText
    }
  } catch (error) {
    throw withoutKey(error, drive) ?? error
  }
}

/** What a select without the batch columns makes of the question for its keys. */
function withoutKey(error: unknown, { scoped, loaded }: Drive): Error | null {
  const UNDEFINED_COLUMN = '42703'
  if (sqlstateOf(error) !== UNDEFINED_COLUMN || !(error instanceof Error)) return null
  const missing = scoped.table.columns.find(({ name }) => error.message.includes(`selected.${name}`))
  if (missing === undefined) return null
  const message = `${loaded.definition.jobClassName}: select must return the batch column "${missing.name}"`
  return new Error(message, { cause: error })
}

function sort(rows: readonly SourceRow[], keys: readonly Key[], outcomes: readonly TransformOutcome[]): Sorted {
  if (outcomes.length !== rows.length) {
    throw new Error(`the row transformer answered for ${outcomes.length} rows; it was given ${rows.length}`)
  }
  const written: TransformedRow[] = []
  // By key: a select that joins may return a row of the table more than once.
  const quarantined = new Map<string, QuarantinedRow>()
  const unresolved: string[] = []
  outcomes.forEach((outcome, index) => {
    const source = rows[index] ?? {}
    const key = keys[index] ?? []
    if (outcome.kind === 'value') written.push({ key, source, value: outcome.value })
    else if (outcome.kind === 'unresolved') unresolved.push(outcome.reason)
    else if (outcome.kind === 'raised') {
      const { errorClass, message, stack } = outcome
      quarantined.set(key.join('\0'), { key, source, errorClass, errorMessage: message, stack })
    }
  })
  return { written, unresolved, quarantined: [...quarantined.values()] }
}
