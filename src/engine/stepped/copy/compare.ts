/**
 * Compares both tables chunk by chunk: how many rows should be there and are, and a checksum over the copied columns from
 * either side, in one statement and so in one snapshot. A chunk that differs is copied again: rows that were written
 * during the copy arrive in this way. The proof is a pass in which nothing differed.
 */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'
import { onlyRow } from '../../context.ts'
import type { Transaction } from '../../target/transaction.ts'
import type { Workbench } from '../workbench.ts'
import { copyStatement, expectedRows, SOURCE, withoutPartner } from './copy-statement.ts'

const CHUNK_ROWS = 10_000
/** A source that is written faster than it is compared is told as such. */
const MAX_PASSES = 5

export interface Proof {
  readonly [name: string]: unknown
  /** Source rows that have a partner; as many are in the new table. */
  readonly rows: number
  /** Sum of 64-bit hashes over the rows, the same from either table. */
  readonly checksum: string
  /** Passes over all chunks; in the last one nothing differed. */
  readonly passes: number
  readonly rowsCopiedAgain: number
  /** Left as they are: newer in the new table, or not to be overwritten. */
  readonly rowsKept: number
  readonly withoutPartner: number
  readonly withoutPartnerRows: readonly Readonly<Record<string, unknown>>[]
  /** In the new table, and not from any row of the source. */
  readonly notFromSource: number
}

/** Throws check_failed where something still differs after five passes. */
export async function proveCopy(bench: Workbench, copy: CopyRows): Promise<Proof> {
  const type = await keyType(bench, copy)
  let rowsCopiedAgain = 0
  for (let passes = 1; passes <= MAX_PASSES; passes += 1) {
    const pass = await comparePass(bench, copy, { type, passes })
    rowsCopiedAgain += pass.rowsCopiedAgain
    if (pass.differing !== null) continue
    const orphans = await readOrphans(bench, copy)
    const inNewTable = await countRows(bench, copy.to)
    const checksum = BigInt.asUintN(64, pass.checksum).toString(16).padStart(16, '0')
    return {
      ...{ rows: pass.rows, checksum, passes, rowsCopiedAgain, rowsKept: pass.rowsKept },
      ...orphans,
      notFromSource: inNewTable - pass.rows,
    }
  }
  throw new TrancheError(
    'check_failed',
    `${copy.to} still differs from ${copy.from} after ${String(MAX_PASSES)} passes`,
    {
      remedy:
        'Something writes these tables all the time, or changes the rows on their way in (a trigger): look for it, then retry.',
    },
  )
}

interface Pass {
  readonly rows: number
  readonly rowsKept: number
  readonly checksum: bigint
  readonly rowsCopiedAgain: number
  /** The first chunk that differed; null: none did. */
  readonly differing: Chunk | null
}

/** From exclusive (null: from the first key), to inclusive. */
interface Chunk {
  readonly from: string | null
  readonly to: string
}

async function comparePass(
  bench: Workbench,
  copy: CopyRows,
  { type, passes }: { readonly type: Sql; readonly passes: number },
): Promise<Pass> {
  let pass: Pass = { rows: 0, rowsKept: 0, checksum: 0n, rowsCopiedAgain: 0, differing: null }
  let from: string | null = null
  for (;;) {
    const to: string | null = await chunkEnd(bench, copy, { from, type })
    if (to === null) return pass
    const where = inChunk(copy, { from, to }, type)
    const { isSame, copiedAgain, ...found } = await compareChunk(bench, copy, where)
    pass = {
      rows: pass.rows + found.rows,
      rowsKept: pass.rowsKept + found.rowsKept,
      checksum: pass.checksum + found.checksum,
      rowsCopiedAgain: pass.rowsCopiedAgain + copiedAgain,
      differing: pass.differing ?? (isSame ? null : { from, to }),
    }
    const { version, adapter } = bench
    adapter.emitter.emit('stepped:compared', { version, table: copy.to, pass: passes, rows: pass.rows })
    from = to
  }
}

interface ComparedChunk {
  readonly isSame: boolean
  readonly rows: number
  readonly rowsKept: number
  readonly checksum: bigint
  readonly copiedAgain: number
}

async function compareChunk(bench: Workbench, copy: CopyRows, where: Sql): Promise<ComparedChunk> {
  return bench.step(async (transaction) => {
    const { rows } = await transaction.query(comparison(copy, where))
    const row = onlyRow<Readonly<Record<'rows' | 'found' | 'kept' | 'expected_sum' | 'found_sum', string>>>(
      rows,
      'no counts',
    )
    const isSame = row.rows === row.found && row.expected_sum === row.found_sum
    const copiedAgain = isSame ? 0 : (await transaction.query(copyStatement(copy, where))).rowCount
    return {
      ...{ isSame, copiedAgain, rows: Number(row.rows), rowsKept: Number(row.kept) },
      checksum: BigInt(row.expected_sum),
    }
  })
}

function comparison(copy: CopyRows, where: Sql): Sql {
  const names = sql.join(copy.columns.map(({ name }) => sql.ident(name)))
  const keys = copy.onConflict.columns.map((name) => sql`${sql.ident('f', name)} = ${sql.ident('e', name)}`)
  return sql`WITH paired AS (
      SELECT e::text AS expected, f::text AS found, coalesce(${isKept(copy)}, false) AS is_kept
        FROM (${expectedRows(copy, where)}) AS e
        LEFT JOIN (SELECT ${names} FROM ${sql.ident(copy.to)}) AS f ON ${sql.join(keys, ' AND ')})
    SELECT count(*)::text AS rows, count(found)::text AS found, count(*) FILTER (WHERE is_kept)::text AS kept,
           coalesce(sum(hashtextextended(expected, 0)) FILTER (WHERE NOT is_kept), 0)::text AS expected_sum,
           coalesce(sum(hashtextextended(found, 0)) FILTER (WHERE NOT is_kept), 0)::text AS found_sum
      FROM paired`
}

/** Whether a row of the new table is rightly another one than its source. */
function isKept({ onConflict, newerBy }: CopyRows): Sql {
  if (onConflict.action === 'nothing') return raw('e::text <> f::text')
  return newerBy === null ? raw('false') : sql`${sql.ident('f', newerBy)} > ${sql.ident('e', newerBy)}`
}

async function chunkEnd(
  bench: Workbench,
  { from: table, column }: CopyRows,
  { from, type }: { readonly from: string | null; readonly type: Sql },
): Promise<string | null> {
  const key = sql.ident(column)
  const { rows } = await bench.step((transaction) =>
    transaction.query(
      sql`SELECT ${key}::text AS key FROM (
            SELECT ${key} FROM ${sql.ident(table)}
             ${from === null ? sql`` : sql`WHERE ${key} > ${from}::text::${type}`}
             ORDER BY ${key} LIMIT ${CHUNK_ROWS}) AS chunk
           ORDER BY chunk.${key} DESC LIMIT 1`,
    ),
  )
  return (rows[0]?.key as string | undefined) ?? null
}

function inChunk({ column }: CopyRows, { from, to }: Chunk, type: Sql): Sql {
  const key = sql.ident(SOURCE, column)
  const upper = sql`${key} <= ${to}::text::${type}`
  return from === null ? upper : sql`${key} > ${from}::text::${type} AND ${upper}`
}

/** As the server writes it; keys travel as text. */
async function keyType(bench: Workbench, { from, column }: CopyRows): Promise<Sql> {
  const { rows } = await bench.step((transaction) =>
    transaction.query(
      sql`SELECT format_type(a.atttypid, NULL) AS type FROM pg_attribute AS a
           WHERE a.attrelid = to_regclass(${from}::text) AND a.attname = ${column} AND NOT a.attisdropped`,
    ),
  )
  const missing = new TrancheError('column_missing', `the table ${from} with a column ${column} is not there`, {
    remedy: 'Check the names in copyRows; `column` names another batch column than id.',
  })
  return raw(onlyRow<{ type: string }>(rows, missing).type)
}

async function readOrphans(
  bench: Workbench,
  copy: CopyRows,
): Promise<Pick<Proof, 'withoutPartner' | 'withoutPartnerRows'>> {
  const orphans = withoutPartner(copy)
  if (orphans === null) return { withoutPartner: 0, withoutPartnerRows: [] }
  return bench.step(async (transaction) => ({
    withoutPartner: await singleNumber(transaction, orphans.count),
    withoutPartnerRows: (await transaction.query(orphans.rows)).rows,
  }))
}

async function countRows(bench: Workbench, table: string): Promise<number> {
  return bench.step((transaction) => singleNumber(transaction, sql`SELECT count(*) FROM ${sql.ident(table)}`))
}

async function singleNumber(transaction: Transaction, query: Sql): Promise<number> {
  const { rows } = await transaction.query(query)
  return Number(onlyRow<{ count: string }>(rows, 'a count returned no row').count)
}
