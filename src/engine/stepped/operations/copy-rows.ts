/** Few rows in one statement, many as a batched migration; then both tables are compared until nothing differs. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql } from '../../../shared/sql.ts'
import { proveCopy } from '../copy/compare.ts'
import { assertDistinctKeys } from '../copy/conflict-key.ts'
import { copyInJobs, isQueued } from '../copy/copy-in-jobs.ts'
import { copyStatement, tableIdent } from '../copy/copy-statement.ts'
import { type CopyTables, examineTables } from '../copy/copy-tables.ts'
import { raiseSequences } from '../copy/sequences.ts'
import type { Workbench } from '../workbench.ts'
import { type Finished, finished, type Waiting, waiting } from './finished.ts'

/** Throws what examining the tables throws, and check_failed for conflict keys, before anything is copied. */
export async function copyRows(bench: Workbench, copy: CopyRows): Promise<Finished | Waiting> {
  const tables = await examineTables(bench, copy)
  if (await isSmall(bench, copy)) {
    await assertDistinctKeys(bench, copy, tables)
    await bench.step((transaction) => transaction.query(copyStatement(copy, raw('true'))))
    return prove(bench, copy, { tables, copiedBy: 'one statement' })
  }
  // Once: while its batched migration is paused this comes by twice a minute, and the end looks at the keys again.
  if (!(await isQueued(bench, copy))) await assertDistinctKeys(bench, copy, tables)
  const { migrationId, waitingFor } = await copyInJobs(bench, copy)
  if (waitingFor !== null) return waiting(waitingFor)
  return prove(bench, copy, { tables, copiedBy: `batched migration ${migrationId}` })
}

async function prove(
  bench: Workbench,
  copy: CopyRows,
  { tables, copiedBy }: { readonly tables: CopyTables; readonly copiedBy: string },
): Promise<Finished> {
  const proof = await proveCopy(bench, copy, tables)
  const raised = Object.entries(await raiseSequences(bench, copy)).map(([column, value]) => `${column} ${value}`)
  return finished({ copiedBy, ...proof, ...(raised.length === 0 ? {} : { sequencesRaisedTo: raised.join(', ') }) })
}

async function isSmall(bench: Workbench, { from, subBatchSize }: CopyRows): Promise<boolean> {
  const { rowCount } = await bench.step((transaction) =>
    transaction.query(sql`SELECT FROM ${tableIdent(from)} LIMIT ${subBatchSize + 1}`),
  )
  return rowCount <= subBatchSize
}
