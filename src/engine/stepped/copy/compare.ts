/**
 * Compares both tables chunk by chunk: whether each row that should be there is, with the same copied columns, in one
 * statement and so in one snapshot. A chunk that differs is copied again and compared at once: rows that were written during
 * the copy arrive in this way. The proof is a pass in which every chunk was the same at its time.
 */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import type { Workbench } from '../workbench.ts'
import { type Chunk, inChunk, nextChunk } from './chunks.ts'
import { compareChunk } from './compare-chunk.ts'
import { assertDistinctKeys } from './conflict-key.ts'
import type { CopyTables } from './copy-tables.ts'
import { type Leftovers, readLeftovers } from './leftovers.ts'

/** Somebody who writes the new table may be in the way of one pass; what changes rows on their way in, of each. */
const MAX_PASSES = 5

export interface Proof extends Leftovers {
  readonly [name: string]: unknown
  /** Source rows that have a partner; as many are in the new table. */
  readonly rows: number
  /** Sum of 64-bit hashes over the rows, the same from either table. */
  readonly checksum: string
  /** Passes over all chunks; in the last one none stayed different behind being copied again. */
  readonly passes: number
  readonly rowsCopiedAgain: number
  /** Left as they are: newer in the new table, or not to be overwritten. */
  readonly rowsKept: number
}

/** Throws check_failed where a chunk stays different in five passes, or a conflict key is NULL or twice in the source. */
export async function proveCopy(bench: Workbench, copy: CopyRows, tables: CopyTables): Promise<Proof> {
  let rowsCopiedAgain = 0
  for (let passes = 1; ; passes += 1) {
    const pass = await comparePass(bench, copy, { tables, passes })
    rowsCopiedAgain += pass.rowsCopiedAgain
    // Such rows may have come while the others were copied.
    await assertDistinctKeys(bench, copy, tables)
    if (pass.differing === null) {
      const leftovers = await readLeftovers(bench, copy, tables)
      const checksum = BigInt.asUintN(64, pass.checksum).toString(16).padStart(16, '0')
      return { ...{ rows: pass.rows, checksum, passes, rowsCopiedAgain, rowsKept: pass.rowsKept }, ...leftovers }
    }
    if (passes === MAX_PASSES) throw stillDifferent(copy, pass.differing)
  }
}

function stillDifferent({ from, to, column }: CopyRows, chunk: Chunk): TrancheError {
  const where = chunk.from === null ? '' : ` (first behind ${column} ${chunk.from})`
  return new TrancheError(
    'check_failed',
    `${to} still differs from ${from} after ${String(MAX_PASSES)} passes${where}, also right behind being copied again`,
    {
      remedy: `Something changes the rows on their way in (a trigger), or writes ${to} without newerBy telling which row is newer: look for it, then retry.`,
    },
  )
}

interface Pass {
  readonly rows: number
  readonly rowsKept: number
  readonly checksum: bigint
  readonly rowsCopiedAgain: number
  /** The first chunk that stayed different; null: none did. */
  readonly differing: Chunk | null
}

async function comparePass(
  bench: Workbench,
  copy: CopyRows,
  { tables, passes }: { readonly tables: CopyTables; readonly passes: number },
): Promise<Pass> {
  const { version, adapter } = bench
  let pass: Pass = { rows: 0, rowsKept: 0, checksum: 0n, rowsCopiedAgain: 0, differing: null }
  let from: string | null = null
  for (;;) {
    const chunk: Chunk = await nextChunk(bench, copy, { batch: tables.batch, from })
    const { isSame, copiedAgain, ...found } = await compareChunk(bench, copy, tables, inChunk(tables.batch, chunk))
    pass = {
      rows: pass.rows + found.rows,
      rowsKept: pass.rowsKept + found.rowsKept,
      checksum: pass.checksum + found.checksum,
      rowsCopiedAgain: pass.rowsCopiedAgain + copiedAgain,
      differing: pass.differing ?? (isSame ? null : chunk),
    }
    adapter.emitter.emit('stepped:compared', { version, table: copy.to, pass: passes, rows: pass.rows })
    if (chunk.to === null) return pass
    from = chunk.to
  }
}
