/** The operations of stepped migrations. Each throws definition_invalid on what cannot be. */
import { TrancheError } from '../../shared/errors.ts'
import { isSql, type Sql } from '../../shared/sql.ts'
import type { Check } from '../definition.ts'
import type {
  AddField,
  CopiedColumn,
  CopyRows,
  CreateCollection,
  CreateTableLike,
  DropCollection,
  DropTable,
  Field,
  Fields,
  Operation,
  RunSql,
  UpdateCollectionMetadata,
} from './definition.ts'

/** Columns that every collection has; a field of such a name would silently be something else. */
const RESERVED_FIELDS = new Set(['id', 'partition_id', 'ref_id', 'ref_version'])
const MAX_PARTITIONS = 1_024

interface CollectionInput {
  /** How many partitions; rows are spread by SHA-256 of their routing value. */
  readonly partitions: number
  readonly fields: Fields
  readonly options?: { readonly includeRefFields?: boolean | undefined } | undefined
}

/** A table partitioned by list, with its partitions and indexes. What is there already is completed, not made anew. */
export function createCollection(name: string, { partitions, fields, options }: CollectionInput): CreateCollection {
  assertName('createCollection', name)
  assertFields('createCollection', fields)
  if (!Number.isSafeInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw invalid(
      `createCollection ${name}: partitions is ${String(partitions)}; expected a whole number from 1 to 1024`,
    )
  }
  return made({
    kind: 'create_collection',
    key: `create_${name}`,
    description: `create the collection ${name} with ${String(partitions)} partitions`,
    collection: name,
    partitions,
    fields,
    includeRefFields: options?.includeRefFields ?? true,
  })
}

/** Adds fields to a collection that an earlier migration made. */
export function addField(collection: string, fields: Fields): AddField {
  assertName('addField', collection)
  assertFields('addField', fields)
  const names = Object.keys(fields)
  return made({
    kind: 'add_field',
    key: `add_${names.join('_')}_to_${collection}`,
    description: `add ${names.join(', ')} to the collection ${collection}`,
    collection,
    fields,
  })
}

/** Merges a record into the collection's metadata. */
export function updateCollectionMetadata(
  collection: string,
  metadata: Readonly<Record<string, unknown>>,
): UpdateCollectionMetadata {
  assertName('updateCollectionMetadata', collection)
  if (!isPlainObject(metadata)) throw invalid(`updateCollectionMetadata ${collection}: expected an object of metadata`)
  return made({
    kind: 'update_collection_metadata',
    key: `update_metadata_of_${collection}`,
    description: `set ${Object.keys(metadata).join(', ')} in the metadata of ${collection}`,
    collection,
    metadata,
  })
}

/** Drops a collection with its partitions, and its record. One that is not there is no error. */
export function dropCollection(name: string): DropCollection {
  assertName('dropCollection', name)
  const description = `drop the collection ${name} with everything in it`
  return made({ kind: 'drop_collection', key: `drop_${name}`, description, collection: name })
}

interface TableLikeInput {
  readonly like: string
  /** All columns but those of the primary key may be NULL (false). */
  readonly nullable?: boolean | undefined
}

/** A table with the columns, defaults, checks, keys and indexes of another one, without its triggers. */
export function createTableLike(table: string, { like, nullable = false }: TableLikeInput): CreateTableLike {
  assertNewTable('createTableLike', table)
  assertTable('createTableLike', like)
  const description = `create ${table} like ${like}, without its triggers${nullable ? ' and NOT NULLs' : ''}`
  return made({
    kind: 'create_table_like',
    key: `create_table_${table}`,
    description,
    table,
    like,
    isNullable: nullable,
  })
}

interface CopyInput {
  readonly from: string
  readonly to: string
  /** The source's batch column ('id'). */
  readonly column?: string | undefined
  /** Names of the source's columns; `joined_table.column` is read from the joined table. */
  readonly columns: readonly string[]
  /** Rows without a partner are not copied, counted, and reported as an exception. */
  readonly join?: { readonly table: string; readonly column?: string | undefined; readonly equals: string } | undefined
  /** What names the same row in both tables; it must be unique in the new one. */
  readonly onConflict: { readonly columns: readonly string[]; readonly action?: 'update' | 'nothing' | undefined }
  /** A column such as updated_at: a row that is newer in the new table than its source is left alone. */
  readonly newerBy?: string | undefined
  readonly batchSize?: number | undefined
  /** More rows than this are copied by a batched migration (1000). */
  readonly subBatchSize?: number | undefined
}

/** Copies rows, then compares both tables chunk by chunk and copies again what differs. */
export function copyRows(input: CopyInput): CopyRows {
  const {
    from,
    to,
    column = 'id',
    columns,
    join,
    onConflict,
    newerBy,
    batchSize = 10_000,
    subBatchSize = 1_000,
  } = input
  assertTable('copyRows', from)
  assertTable('copyRows', to)
  const copied = columns.map((name) => copiedColumn(name, join?.table ?? null))
  const names = new Set(copied.map(({ name }) => name))
  if (names.size !== columns.length || names.size === 0) throw invalid(`copyRows to ${to}: name each column once`)
  const missing = [...onConflict.columns, ...(newerBy === undefined ? [] : [newerBy])].find((name) => !names.has(name))
  if (missing !== undefined) throw invalid(`copyRows to ${to}: ${missing} is not among the columns that are copied`)
  if (onConflict.columns.length === 0) throw invalid(`copyRows to ${to}: onConflict.columns names no column`)
  if (
    !Number.isSafeInteger(batchSize) ||
    !Number.isSafeInteger(subBatchSize) ||
    subBatchSize < 1 ||
    batchSize < subBatchSize
  )
    throw invalid(`copyRows to ${to}: expected whole numbers with batchSize ≥ subBatchSize ≥ 1`)
  return made({
    kind: 'copy_rows',
    key: `copy_rows_to_${to}`,
    description: `copy the rows of ${from} to ${to}, and compare them`,
    ...{ from, to, column, columns: copied, batchSize, subBatchSize },
    join: join === undefined ? null : { table: join.table, column: join.column ?? 'id', equals: join.equals },
    onConflict: { columns: onConflict.columns, action: onConflict.action ?? 'update' },
    newerBy: newerBy ?? null,
  })
}

interface DropTableInput {
  /** What the operator agrees to. */
  readonly why: string
  /** Must hold at the moment of the drop, such as "every row is in the new table". */
  readonly before?: readonly Check[] | undefined
}

/** Drops a table, once an operator approved it. */
export function dropTable(table: string, { why, before = [] }: DropTableInput): DropTable {
  assertTable('dropTable', table)
  if (why.trim() === '') throw invalid(`dropTable ${table}: say why`)
  return made({
    kind: 'drop_table',
    key: `drop_table_${table}`,
    description: `drop the table ${table}`,
    table,
    why,
    before,
  })
}

/** Statements of one's own, in one transaction; they must be safe to run again. */
export function runSql(name: string, ...statements: readonly Sql[]): RunSql {
  if (name.trim() === '' || statements.length === 0 || !statements.every(isSql)) {
    throw invalid("runSql: expected runSql('what it does', sql`…`)")
  }
  const key = `run_${name.trim().toLowerCase().replaceAll(/\W+/g, '_')}`
  return made({ kind: 'run_sql', key, description: name.trim(), statements })
}

// Symbol.for: the mark must be known to every copy of this module.
const OPERATION = Symbol.for('tranche.operation')

/** Whether one of the functions above made it. */
export function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, OPERATION)
}

function made<Made extends Operation>(operation: Made): Made {
  Object.defineProperty(operation, OPERATION, { value: true })
  return Object.freeze(operation)
}

function copiedColumn(text: string, joined: string | null): CopiedColumn {
  const [table, name, ...more] = text.split('.')
  if (name === undefined) return { name: text, from: null }
  if (table !== joined || more.length > 0) throw invalid(`copyRows: ${text} is not a column of the joined table`)
  return { name, from: joined }
}

function assertFields(where: string, fields: Readonly<Record<string, Field>>): void {
  const names = Object.keys(fields)
  if (names.length === 0) throw invalid(`${where}: fields is empty`)
  for (const name of names) {
    assertName(`${where}: field`, name)
    if (RESERVED_FIELDS.has(name))
      throw invalid(`${where}: every collection has ${name} by itself; name the field otherwise`)
  }
}

/** They become parts of table and index names, which must not be cut. */
function assertName(where: string, name: string): void {
  if (/^[a-z][a-z0-9_]{0,39}$/.test(name)) return
  throw invalid(`${where} is ${JSON.stringify(name)}; expected at most 40 small letters, digits and _`)
}

/** It goes into the first schema of the search path. */
function assertNewTable(where: string, name: string): void {
  if (/^[a-z_][a-z0-9_$]{0,62}$/.test(name)) return
  throw invalid(`${where}: ${JSON.stringify(name)} is not a plain table name, without a schema`)
}

/** One that is there: `table`, as the search path finds it, or `schema.table`. */
function assertTable(where: string, name: string): void {
  if (/^([a-z_][a-z0-9_$]{0,62}\.)?[a-z_][a-z0-9_$]{0,62}$/.test(name)) return
  throw invalid(`${where}: ${JSON.stringify(name)} is not a plain table name`)
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): TrancheError {
  return new TrancheError('definition_invalid', message, { remedy: 'Correct the operation.' })
}
