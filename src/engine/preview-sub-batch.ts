/** Runs one sub-batch in a transaction that is rolled back, and tells what it would have done. */
import { toAppError } from '../shared/errors.ts'
import type { PreviewedRow, PreviewedStatement, PreviewedSubBatch, PreviewedWrites } from '../shared/preview-view.ts'
import { compileSql, raw, sql, type Sql } from '../shared/sql.ts'
import { tableName } from './batching/batch-table.ts'
import { inRange, type KeyRange, keyOrder, keyText } from './batching/key-range.ts'
import { looseIndexScanBatching } from './batching/loose-index-scan.ts'
import type { Slice } from './batching/strategy.ts'
import { createSubBatch } from './batching/sub-batch.ts'
import { type EngineContext, localSettings } from './context.ts'
import type { Drive } from './drive.ts'
import { statementView } from './first-statement.ts'
import type { Run } from './gate.ts'
import { NO_OUTCOME, type Outcome, prepare, type Prepared } from './performer.ts'
import { explainStatement } from './preview-plan.ts'
import { asJson, hasKey, type SampledRow, valuesOf } from './samples.ts'
import { fly, lastOf } from './target/flight.ts'
import { kindOfError } from './target/sqlstate.ts'
import { deadlineOf, opening, rollBack } from './target/transaction.ts'

const SHOWN_ROWS = 20
/** Of those that a function sends, so many are explained. */
const EXPLAINED_STATEMENTS = 10
const SAVEPOINT = 'before_reading'

export interface Place {
  readonly place: PreviewedSubBatch['place']
  readonly range: KeyRange & { readonly until: readonly string[] }
  readonly slice: Slice
}

type Found = Pick<PreviewedSubBatch, 'statements' | 'writes' | 'rows' | 'rowsChanged'> & { readonly outcome: Outcome }

/** A failure of the sub-batch is part of the answer; a connection that is lost is thrown. */
export async function previewSubBatch(context: EngineContext, drive: Drive, at: Place): Promise<PreviewedSubBatch> {
  const { place, range, slice } = at
  const startedAtMs = performance.now()
  const statements: PreviewedStatement[] = []
  const answer = (found: Omit<Found, 'statements'>, error: unknown): PreviewedSubBatch => {
    const { outcome, writes, rows, rowsChanged } = found
    return {
      ...{ place, from: range.from ?? null, after: range.after ?? null, until: range.until, scanned: slice.scanned },
      ...{ changed: outcome.changed, unresolved: outcome.unresolved, quarantined: outcome.quarantined.length },
      ...{ milliseconds: Math.round(performance.now() - startedAtMs), statements, writes, rows, rowsChanged },
      error: error === null ? null : toAppError(error),
    }
  }
  try {
    const subBatch = createSubBatch(drive.scoped, range, slice.values)
    const prepared = await prepare(context, drive, { jobId: '0', subBatch })
    return answer(await rolledBack(context, drive, { at, prepared, statements }), null)
  } catch (error) {
    if (kindOfError(error) === 'connection') throw error
    return answer({ outcome: NO_OUTCOME, writes: [], rows: [], rowsChanged: 0 }, error)
  }
}

interface Trial {
  readonly at: Place
  readonly prepared: Prepared
  /** Filled as they are sent, so that those before a failure are told too. */
  readonly statements: PreviewedStatement[]
}

async function rolledBack(
  context: EngineContext,
  drive: Drive,
  { at, prepared, statements }: Trial,
): Promise<Omit<Found, 'statements'>> {
  const settings = await localSettings(context, { searchPath: drive.searchPath })
  return context.target.withClient(async (client) => {
    const run: Run = async (statement) => lastOf(await fly(client, [statement], deadlineOf(settings)))
    const authors: Run = async (statement) => {
      // The quarantine is that of a queued migration; here it is counted only.
      if (isQuarantining(context, statement)) return { rows: [], rowCount: 0, command: 'INSERT' }
      const plan = statements.length < EXPLAINED_STATEMENTS ? await explainStatement(run, statement) : null
      statements.push({ ...statementView(statement), plan })
      return run(statement)
    }
    try {
      await fly(client, opening(settings), deadlineOf(settings))
      const before = await readSlice(run, drive, at)
      const written = await readWrites(run)
      const answer = prepared.statement === null ? null : await authors(prepared.statement)
      const outcome = await prepared.finish(authors, answer)
      const writes = await readWrites(run)
      return { outcome, writes: difference(writes, written), ...compare(before, await readKeys(run, drive, before)) }
    } catch (error) {
      prepared.abandon(error)
      throw error
    } finally {
      await rollBack(client)
    }
  })
}

function isQuarantining({ tables }: EngineContext, statement: Sql): boolean {
  return compileSql(statement).text.startsWith(`INSERT INTO ${compileSql(tables.quarantine).text} `)
}

/** A value of a column that is not unique names many rows: no one row could be read again. */
async function readSlice(run: Run, { scoped, strategy }: Drive, at: Place): Promise<readonly SampledRow[]> {
  if (strategy === looseIndexScanBatching) return []
  const { table, scope } = scoped
  const own = sql.ident(table.name)
  return reading(
    run,
    sql`SELECT ${keyText(own, table.columns)} AS row_key, (${asJson(own, null)})::text AS json FROM ${tableName(table)}
         WHERE ${inRange(own, table.columns, at.range)}${scope === null ? sql`` : sql` AND (${scope})`}
         ORDER BY ${keyOrder(own, table.columns)}`,
  )
}

async function readKeys(
  run: Run,
  { scoped: { table } }: Drive,
  before: readonly SampledRow[],
): Promise<readonly SampledRow[]> {
  if (before.length === 0) return []
  const own = sql.ident(table.name)
  const keys = before.map(({ row_key }) => row_key)
  return reading(
    run,
    sql`SELECT ${keyText(own, table.columns)} AS row_key, (${asJson(own, null)})::text AS json
          FROM ${tableName(table)} WHERE ${hasKey(table, keys)}`,
  )
}

/** Keys and moments as text that means the same whatever the role's settings are; the author's statement keeps those. */
async function reading(run: Run, query: Sql): Promise<readonly SampledRow[]> {
  await run(raw(`SAVEPOINT ${SAVEPOINT}`))
  await run(
    raw(`SELECT set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'postgres', true),
                set_config('extra_float_digits', '1', true), set_config('TimeZone', 'UTC', true)`),
  )
  const { rows } = await run(query)
  await run(raw(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`))
  return rows as unknown as SampledRow[]
}

/** In the order of the keys, those that change first. */
function compare(
  before: readonly SampledRow[],
  after: readonly SampledRow[],
): { readonly rows: readonly PreviewedRow[]; readonly rowsChanged: number } {
  const now = new Map(after.map((row) => [row.row_key.join('\0'), row]))
  const isChanged = (row: SampledRow): boolean => now.get(row.row_key.join('\0'))?.json !== row.json
  const shown = [...before.filter(isChanged), ...before.filter((row) => !isChanged(row))].slice(0, SHOWN_ROWS)
  const rows = shown.map((row): PreviewedRow => {
    const found = now.get(row.row_key.join('\0'))
    return { key: row.row_key, before: valuesOf(row), after: found === undefined ? null : valuesOf(found) }
  })
  return { rows, rowsChanged: before.filter(isChanged).length }
}

/** What this session has written and not reported yet; also of transactions before this one, so that differences count. */
async function readWrites(run: Run): Promise<readonly PreviewedWrites[]> {
  const { rows } = await run(
    raw(`SELECT schemaname || '.' || relname AS "table", n_tup_ins::int AS inserted, n_tup_upd::int AS updated,
                n_tup_del::int AS deleted
           FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY 1`),
  )
  return rows as unknown as PreviewedWrites[]
}

function difference(after: readonly PreviewedWrites[], before: readonly PreviewedWrites[]): readonly PreviewedWrites[] {
  return after
    .map(({ table, inserted, updated, deleted }) => {
      const was = before.find((each) => each.table === table)
      return {
        table,
        inserted: inserted - (was?.inserted ?? 0),
        updated: updated - (was?.updated ?? 0),
        deleted: deleted - (was?.deleted ?? 0),
      }
    })
    .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0)
}
