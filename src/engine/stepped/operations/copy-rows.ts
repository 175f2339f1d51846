/** Few rows in one statement, many as a batched migration; then both tables are compared until nothing differs. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql } from '../../../shared/sql.ts'
import { proveCopy } from '../copy/compare.ts'
import { copyInJobs } from '../copy/copy-in-jobs.ts'
import { copyStatement } from '../copy/copy-statement.ts'
import type { Workbench } from '../workbench.ts'
import { type Finished, finished, type Waiting, waiting } from './finished.ts'

export async function copyRows(bench: Workbench, copy: CopyRows): Promise<Finished | Waiting> {
  if (await isSmall(bench, copy)) {
    await bench.step((transaction) => transaction.query(copyStatement(copy, raw('true'))))
    return finished({ copiedBy: 'one statement', ...(await proveCopy(bench, copy)) })
  }
  const { migrationId, waitingFor } = await copyInJobs(bench, copy)
  if (waitingFor !== null) return waiting(waitingFor)
  return finished({ copiedBy: `batched migration ${migrationId}`, ...(await proveCopy(bench, copy)) })
}

async function isSmall(bench: Workbench, { from, subBatchSize }: CopyRows): Promise<boolean> {
  const { rowCount } = await bench.step((transaction) =>
    transaction.query(sql`SELECT FROM ${sql.ident(from)} LIMIT ${subBatchSize + 1}`),
  )
  return rowCount <= subBatchSize
}
