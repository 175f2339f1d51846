/** The source in chunks by its batch column, which is unique, NOT NULL and indexed. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'
import type { BatchColumn } from '../../batching/batch-table.ts'
import { inRange } from '../../batching/key-range.ts'
import type { Workbench } from '../workbench.ts'
import { SOURCE, tableIdent } from './copy-statement.ts'

const CHUNK_ROWS = 10_000

/** From exclusive (null: from the first key), to inclusive. */
export interface Chunk {
  readonly from: string | null
  /** null: the last chunk, to which whatever is written above it meanwhile belongs. */
  readonly to: string | null
}

/** The chunk behind `from`. */
export async function nextChunk(
  bench: Workbench,
  copy: CopyRows,
  { batch, from }: { readonly batch: BatchColumn; readonly from: string | null },
): Promise<Chunk> {
  const key = sql.ident(SOURCE, batch.name)
  const { rows } = await bench.step((transaction) =>
    transaction.query(
      sql`SELECT ${key}::text AS key FROM ${tableIdent(copy.from)} AS ${sql.ident(SOURCE)}
           WHERE ${inChunk(batch, { from, to: null })}
           ORDER BY ${key} OFFSET ${CHUNK_ROWS - 1} LIMIT 1`,
    ),
  )
  return { from, to: (rows[0]?.key as string | undefined) ?? null }
}

export function inChunk(batch: BatchColumn, { from, to }: Chunk): Sql {
  const range = { after: from === null ? null : [from], until: to === null ? null : [to] }
  return from === null && to === null ? raw('true') : inRange(sql.ident(SOURCE), [batch], range)
}
