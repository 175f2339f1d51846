/** What the server says of the tables of a copy, asked before its first statement. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { sql } from '../../../shared/sql.ts'
import { type BatchColumn, type BatchTable, findBatchTable } from '../../batching/batch-table.ts'
import { listIndexedKeys } from '../../batching/indexed-keys.ts'
import { assertUniqueIndex } from '../../batching/unique-index.ts'
import type { Transaction } from '../../target/transaction.ts'
import { getTable, isOver, listUniqueKeys, type Relation } from '../table-facts.ts'
import type { Workbench } from '../workbench.ts'

export interface CopyTables {
  /** The source's batch column. */
  readonly batch: BatchColumn
  /** The conflict key as the new table has it. */
  readonly keys: readonly BatchColumn[]
  /** Whether the catalogs alone say that no row to be copied can have a key with NULL in it. */
  readonly isKeyNotNull: boolean
  /** Whether they say that no two rows to be copied can have the same key. */
  readonly isKeyUnique: boolean
}

/**
 * Throws table_missing, column_missing; column_not_unique where the batch column may be NULL or twice, or nothing in the new
 * table keeps the conflict key unique; column_unsupported for columns that cannot be written.
 */
export async function examineTables(bench: Workbench, copy: CopyRows): Promise<CopyTables> {
  return bench.step(async (transaction) => {
    const source = await findBatchTable(transaction, copy.from, [copy.column])
    await assertBatchColumn(transaction, source)
    const names = copy.columns.flatMap(({ name, from }) => (from === null ? [name] : []))
    const read = await findBatchTable(transaction, copy.from, names)
    const written = await findBatchTable(
      transaction,
      copy.to,
      copy.columns.map(({ name }) => name),
    )
    await assertWritable(transaction, written, copy)
    await assertConflictKey(transaction, copy)
    const keys = copy.onConflict.columns.map((name) => columnOf(written, name))
    const [batch] = source.columns
    if (batch === undefined) throw new Error('the batch column was not read')
    const own = read.columns.filter(({ name }) => copy.onConflict.columns.includes(name))
    return {
      batch,
      keys,
      isKeyNotNull: own.length === keys.length && own.every(({ isNotNull }) => isNotNull),
      isKeyUnique: await isUniqueInSource(transaction, copy, { own, keys }),
    }
  })
}

/** Rows are read in its order, chunk by chunk, and each once. */
async function assertBatchColumn(transaction: Transaction, source: BatchTable): Promise<void> {
  try {
    await assertUniqueIndex(transaction, source)
  } catch (error) {
    if (!(error instanceof TrancheError)) throw error
    const keys = await listIndexedKeys(transaction, source.oid)
    const usable = keys.filter((key) => key.isUnique && key.isNotNull && key.isOrdered && key.columns.length === 1)
    const named = usable.map(({ columns }) => `column: '${columns.join('')}'`).join(' or ')
    const remedy = named === '' ? 'Give it a NOT NULL column with a unique index' : `Write ${named} in copyRows`
    throw new TrancheError(error.code, error.message, { remedy: `${remedy}; nothing was copied.` })
  }
}

/** ON CONFLICT needs a unique index on exactly these columns. */
async function assertConflictKey(transaction: Transaction, { to, onConflict }: CopyRows): Promise<void> {
  const unique = await listUniqueKeys(transaction, await getTable(transaction, to))
  if (unique.some((key) => isOver(key, onConflict.columns))) return
  const columns = onConflict.columns.join(', ')
  throw new TrancheError(
    'column_not_unique',
    `nothing in ${to} keeps (${columns}), the conflict key of this copy, unique`,
    {
      remedy: `Create it before the copy: runSql('…', sql\`CREATE UNIQUE INDEX IF NOT EXISTS … ON ${to} (${columns})\`); nothing was copied.`,
    },
  )
}

/** Throws column_unsupported for generated columns, and for identities that a copy would have to change. */
async function assertWritable(transaction: Transaction, { oid, name }: BatchTable, copy: CopyRows): Promise<void> {
  const { columns, action } = copy.onConflict
  const { rows } = await transaction.query(
    sql`SELECT attname::text AS name, attgenerated <> '' AS is_generated FROM pg_attribute
         WHERE attrelid = ${oid}::oid AND attname = ANY (${copy.columns.map((column) => column.name)})
           AND (attgenerated <> ''
                OR attidentity = 'a' AND ${action === 'update'}::boolean AND NOT attname = ANY (${[...columns]}))
         ORDER BY attnum`,
  )
  const [row] = rows
  if (row === undefined) return
  const column = String(row.name)
  throw new TrancheError(
    'column_unsupported',
    row.is_generated === true
      ? `${column} of ${name} is a generated column: it cannot be copied`
      : `${column} of ${name} is GENERATED ALWAYS AS IDENTITY: it can be copied, and not be changed`,
    {
      remedy:
        row.is_generated === true
          ? 'Leave it out of columns; nothing was copied.'
          : 'Leave it out of columns, or name it in onConflict.columns; nothing was copied.',
    },
  )
}

/** Equal keys of the source would be equal keys of the new table only where both have the same types. */
async function isUniqueInSource(
  transaction: Transaction,
  { from, join }: CopyRows,
  { own, keys }: { readonly own: readonly BatchColumn[]; readonly keys: readonly BatchColumn[] },
): Promise<boolean> {
  const same = own.filter((column) => keys.some((key) => isSameType(key, column))).map(({ name }) => name)
  if (!(await isUnique(transaction, await getTable(transaction, from), same))) return false
  return join === null || isUnique(transaction, await getTable(transaction, join.table), [join.column])
}

async function isUnique(transaction: Transaction, table: Relation, names: readonly string[]): Promise<boolean> {
  const unique = await listUniqueKeys(transaction, table)
  return unique.some(({ columns }) => columns.every((name) => names.includes(name)))
}

function isSameType(key: BatchColumn, column: BatchColumn): boolean {
  return key.name === column.name && key.type === column.type && key.collation === column.collation
}

function columnOf({ columns }: BatchTable, wanted: string): BatchColumn {
  const found = columns.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`the column ${wanted} was not read`)
  return found
}
