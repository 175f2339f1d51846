import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import type { Sql } from '../../../shared/sql.ts'
import { onlyRow } from '../../context.ts'
import type { Transaction } from '../../target/transaction.ts'
import type { Workbench } from '../workbench.ts'
import { comparison, copyAndComparison } from './comparison.ts'
import type { CopyTables } from './copy-tables.ts'

export interface ComparedChunk {
  /** False: it differs, and did so behind being copied again. */
  readonly isSame: boolean
  readonly rows: number
  readonly rowsKept: number
  readonly checksum: bigint
  readonly copiedAgain: number
}

/**
 * Compares a chunk; what differs is copied and compared in one statement, and then looked at once more. A row that is not what
 * was written, though its source is, was changed on its way in or by somebody else. One whose source was written meanwhile
 * was the same for one snapshot, which is all that can be said of a table in use.
 */
export async function compareChunk(
  bench: Workbench,
  copy: CopyRows,
  { keys }: CopyTables,
  where: Sql,
): Promise<ComparedChunk> {
  return bench.step(async (transaction) => {
    const first = await compare(transaction, comparison(copy, keys, { where }))
    if (first.differing === 0) return { ...countsOf(first), isSame: true, copiedAgain: 0 }
    const copied = await compare(transaction, copyAndComparison(copy, keys, { where }))
    const after = await compare(transaction, comparison(copy, keys, { where, written: copied.written }))
    const copiedAgain = copied.written.length
    if (after.differing === 0) return { ...countsOf(after), isSame: true, copiedAgain }
    return { ...countsOf(copied), isSame: copied.differing === 0 && after.changed === 0, copiedAgain }
  })
}

interface Counts {
  readonly rows: number
  readonly differing: number
  readonly kept: number
  /** Sum of hashes over the rows that are not kept. */
  readonly checksum: bigint
  readonly changed: number
  /** Hashes of what was written. */
  readonly written: readonly string[]
}

interface CountsRow extends Readonly<Record<'rows' | 'differing' | 'kept' | 'checksum', string>> {
  readonly changed?: string
  readonly written?: readonly string[]
}

async function compare(transaction: Transaction, query: Sql): Promise<Counts> {
  const { rows } = await transaction.query(query)
  const row = onlyRow<CountsRow>(rows, 'no counts')
  return {
    ...{ rows: Number(row.rows), differing: Number(row.differing), kept: Number(row.kept) },
    ...{ checksum: BigInt(row.checksum), changed: Number(row.changed ?? 0), written: row.written ?? [] },
  }
}

function countsOf({ rows, kept, checksum }: Counts): Pick<ComparedChunk, 'rows' | 'rowsKept' | 'checksum'> {
  return { rows, rowsKept: kept, checksum }
}
