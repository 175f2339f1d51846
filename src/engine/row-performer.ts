/**
 * Form 3, `eachRow`: rows are read outside the writing transaction, transformed in the host's worker pool, and what came
 * out is written set-based in the sub-batch's transaction, together with the quarantine.
 */
import type { EachRow, PerformContext, QuarantinedRow, TransformedRow } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import type { Prepared } from './performer.ts'
import type { RowTransformer, TransformOutcome } from './ports.ts'
import { quarantineRows } from './tracking/quarantine-rows.ts'
import type { Key } from './types.ts'

interface Sorted {
  readonly written: readonly TransformedRow[]
  readonly unresolved: number
  readonly quarantined: readonly (QuarantinedRow & { readonly stack: string })[]
}

export async function prepareRows(
  context: EngineContext,
  drive: Drive,
  perform: EachRow,
  performContext: PerformContext,
): Promise<Prepared> {
  const transformer = getTransformer(context)
  const { rows } = await inTransaction(context, (transaction) => transaction.query(perform.select(performContext)), {
    searchPath: drive.searchPath,
    isReadOnly: true,
  })
  const keys = rows.map((row) => keyOf(row, drive))
  const outcomes = await transformer.transform(drive.loaded, rows, drive.args, drive.signal)
  const { written, unresolved, quarantined } = sort(rows, keys, outcomes)
  return {
    statement: written.length === 0 ? null : perform.write(written),
    async finish(run, answer) {
      if (quarantined.length > 0) {
        await run(
          quarantineRows(context.tables, {
            migrationId: drive.migration.id,
            jobId: performContext.jobId,
            rows: quarantined,
          }),
        )
        if (perform.onQuarantine !== undefined) await run(perform.onQuarantine(quarantined))
      }
      return { changed: answer?.rowCount ?? 0, unresolved, quarantined }
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
    {
      remedy: 'Write it as one statement or as a function over ctx.query, or use a Tranche that runs eachRow.',
    },
  )
}

function keyOf(row: Record<string, unknown>, { scoped, loaded }: Drive): Key {
  return scoped.table.columns.map(({ name }) => {
    const value = row[name]
    if (value !== undefined && value !== null) return String(value as string | number | bigint)
    throw new Error(`${loaded.definition.jobClassName}: select must return the batch column "${name}"`)
  })
}

function sort(
  rows: readonly Record<string, unknown>[],
  keys: readonly Key[],
  outcomes: readonly TransformOutcome[],
): Sorted {
  const written: TransformedRow[] = []
  const quarantined: (QuarantinedRow & { stack: string })[] = []
  let unresolved = 0
  rows.forEach((source, index) => {
    const key = keys[index]
    const outcome = outcomes[index]
    if (key === undefined || outcome === undefined)
      throw new Error('the row transformer answered for fewer rows than it was given')
    if (outcome.kind === 'value') written.push({ key, source, value: outcome.value })
    else if (outcome.kind === 'unresolved') unresolved += 1
    else if (outcome.kind === 'raised') {
      quarantined.push({
        key,
        source,
        errorClass: outcome.errorClass,
        errorMessage: outcome.message,
        stack: outcome.stack,
      })
    }
  })
  return { written, unresolved, quarantined }
}
