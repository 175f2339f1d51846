/** What is in one of the tables only: source rows that are not copied, and rows of the new table that come from elsewhere. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'
import { onlyRow } from '../../context.ts'
import type { Transaction } from '../../target/transaction.ts'
import type { Workbench } from '../workbench.ts'
import { sameKey } from './conflict-key.ts'
import { expectedRows, tableIdent, withoutPartner } from './copy-statement.ts'
import type { CopyTables } from './copy-tables.ts'

export interface Leftovers {
  readonly withoutPartner: number
  readonly withoutPartnerRows: readonly Readonly<Record<string, unknown>>[]
  /** In the new table, and not from any row of the source. */
  readonly notFromSource: number
}

export async function readLeftovers(bench: Workbench, copy: CopyRows, { keys }: CopyTables): Promise<Leftovers> {
  const orphans = withoutPartner(copy)
  const unpaired = await bench.step(async (transaction) =>
    orphans === null
      ? { withoutPartner: 0, withoutPartnerRows: [] }
      : {
          withoutPartner: await singleNumber(transaction, orphans.count),
          withoutPartnerRows: (await transaction.query(orphans.rows)).rows,
        },
  )
  // In one snapshot: the difference of two counts would also hold what was written between them.
  const notFromSource = await bench.step((transaction) =>
    singleNumber(
      transaction,
      sql`SELECT count(*) FROM ${tableIdent(copy.to)} AS f
           WHERE NOT EXISTS (SELECT FROM (${expectedRows(copy, raw('true'))}) AS e WHERE ${sameKey(keys)})`,
    ),
  )
  return { ...unpaired, notFromSource }
}

async function singleNumber(transaction: Transaction, query: Sql): Promise<number> {
  const { rows } = await transaction.query(query)
  return Number(onlyRow<{ count: string }>(rows, 'a count returned no row').count)
}
