/** Operations on plain tables, and statements of the author's own. */
import type { CreateTableLike, DropTable, RunSql } from '../../../catalogue/stepped/definition.ts'
import type { Check } from '../../../catalogue/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { sql } from '../../../shared/sql.ts'
import { findingText, runCheckWithin } from '../../checks.ts'
import type { Transaction } from '../../target/transaction.ts'
import { findRelation, getTable, relationName } from '../table-facts.ts'
import type { Workbench } from '../workbench.ts'
import { assertAlike, listNotNulls } from './alike.ts'
import { copyForeignKeys, dropNotNulls, giveOwnSequences } from './complete-table.ts'
import { type Finished, finished } from './finished.ts'

/**
 * In one transaction: the table is there with everything, or not at all. One that is there already, wherever the search path
 * finds it, is left as it is. Throws table_missing, and column_missing or column_not_unique where that one is unlike.
 */
export async function createTableLike(bench: Workbench, operation: CreateTableLike): Promise<Finished> {
  const { wasThere, stillNotNull } = await bench.step((transaction) => createOrCompare(transaction, bench, operation))
  if (stillNotNull.length === 0) return finished({ wasThere })
  const names = stillNotNull.join(', ')
  const message = `${operation.table} was there, and these columns of it are still NOT NULL: ${names}`
  bench.adapter.emitter.emit('stepped:told', { version: bench.version, level: 'warn', message })
  return finished({ wasThere, stillNotNull: names })
}

interface Outcome {
  readonly wasThere: boolean
  /** Columns of a table that was there which `nullable` would have let be NULL. */
  readonly stillNotNull: readonly string[]
}

async function createOrCompare(
  transaction: Transaction,
  { schema }: Workbench,
  { table: name, like, isNullable }: CreateTableLike,
): Promise<Outcome> {
  const source = await getTable(transaction, like)
  if ((await findRelation(transaction, name)) !== null) {
    const table = await getTable(transaction, name)
    await assertAlike(transaction, { table, source })
    return { wasThere: true, stillNotNull: isNullable ? await listNotNulls(transaction, table) : [] }
  }
  await transaction.query(sql`CREATE TABLE ${sql.ident(schema, name)} (LIKE ${relationName(source)} INCLUDING ALL)`)
  const table = await getTable(transaction, name, schema)
  await copyForeignKeys(transaction, { table, source })
  await giveOwnSequences(transaction, { table, source })
  if (isNullable) await dropNotNulls(transaction, table)
  return { wasThere: false, stillNotNull: [] }
}

/**
 * In one transaction, behind a lock that lets nobody write between the checks and the drop. A table that is gone already
 * needs no check any more. Throws precondition_failed.
 */
export async function dropTable(bench: Workbench, { table, before }: DropTable): Promise<Finished> {
  const wasThere = await bench.step(async (transaction) => {
    const found = await findRelation(transaction, table)
    if (found === null) return false
    const name = relationName(found)
    await transaction.query(sql`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`)
    for (const check of before) await assertHolds(transaction, bench, { table, check })
    // Never CASCADE: what hangs on the table is for its owner to say.
    await transaction.query(sql`DROP TABLE ${name}`)
    return true
  })
  return finished({ wasThere })
}

async function assertHolds(
  transaction: Transaction,
  { adapter, searchPath }: Workbench,
  { table, check }: { readonly table: string; readonly check: Check },
): Promise<void> {
  const expectation = { exceptions: {}, quarantined: 0, args: {} }
  const result = await runCheckWithin(transaction, adapter, check, { searchPath, expectation, sample: null })
  if (result.holds) return
  throw new TrancheError('precondition_failed', `${table} is not dropped: ${result.name}: ${findingText(result)}`, {
    remedy: 'Mend that first, then: tranche stepped retry VERSION',
  })
}

export async function runSql(bench: Workbench, { statements }: RunSql): Promise<Finished> {
  const rowCounts = await bench.step(async (transaction) => {
    const counts: number[] = []
    for (const statement of statements) counts.push((await transaction.query(statement)).rowCount)
    return counts
  })
  return finished({ rowCounts })
}
