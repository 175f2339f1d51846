/**
 * The tables of a collection: a parent partitioned by list, its partitions, b-tree indexes on the parent and an HNSW index
 * for each vector on each partition. Every piece is a step of its own, made only where it is not there.
 */
import type { Field, Fields } from '../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import {
  assertFits,
  findIn,
  findRelation,
  getTable,
  hasColumn,
  hasCompleteIndex,
  isPartitionOf,
  nameTaken,
  type Relation,
  relationName,
} from './table-facts.ts'
import { type VectorType, vectorType } from './vector-type.ts'
import type { Workbench } from './workbench.ts'

export interface Collection {
  readonly name: string
  readonly partitions: number
  readonly fields: Fields
  readonly includeRefFields: boolean
}

/** `prefix_name`. */
function tableOf({ connection }: Workbench, collection: string): string {
  return assertFits(`${connection.prefix}_${collection}`)
}

/**
 * Throws vector_unavailable and definition_invalid before anything is made, precondition_failed where a name that it needs
 * is taken. A collection that is there already stays in the schema in which it is found.
 */
export async function buildCollection(bench: Workbench, collection: Collection): Promise<void> {
  const table = tableOf(bench, collection.name)
  assertNamesFit(table, collection)
  const vectors = await vectorType(bench, collection.fields)
  await bench.step(async (transaction) => {
    if ((await findParent(transaction, table)) !== null) return
    await transaction.query(
      sql`CREATE TABLE ${sql.ident(bench.schema, table)} (${columnsOf(collection, vectors)}, PRIMARY KEY (id, partition_id))
          PARTITION BY LIST (partition_id)`,
    )
  })
  for (let number = 0; number < collection.partitions; number += 1)
    await bench.step((transaction) => createPartition(transaction, table, number))
  await buildIndexes(bench, collection, vectors)
}

async function createPartition(transaction: Transaction, table: string, number: number): Promise<void> {
  const parent = await getTable(transaction, table)
  const name = `${table}_${String(number)}`
  const child = await findIn(transaction, parent.schema, name)
  if (child === null) {
    await transaction.query(
      sql`CREATE TABLE ${sql.ident(parent.schema, name)} PARTITION OF ${relationName(parent)}
          FOR VALUES IN (${raw(String(number))})`,
    )
  } else if (!(await isPartitionOf(transaction, { child, parent }))) {
    throw nameTaken(child, `a partition of ${table}`)
  }
}

async function findParent(transaction: Transaction, table: string): Promise<Relation | null> {
  const found = await findRelation(transaction, table)
  if (found?.isTable === false) throw nameTaken(found, 'the table of a collection')
  return found
}

/** Adds the columns that are missing, then their indexes. */
export async function addColumns(bench: Workbench, collection: Collection): Promise<void> {
  const table = tableOf(bench, collection.name)
  assertNamesFit(table, collection)
  const vectors = await vectorType(bench, collection.fields)
  for (const [name, field] of Object.entries(collection.fields)) {
    await bench.step(async (transaction) => {
      const parent = await getTable(transaction, table)
      if (await hasColumn(transaction, parent, name)) return
      await transaction.query(sql`ALTER TABLE ${relationName(parent)} ADD COLUMN ${columnOf(name, field, vectors)}`)
    })
  }
  await buildIndexes(bench, collection, vectors)
}

export async function dropTables(bench: Workbench, collection: string): Promise<void> {
  const table = tableOf(bench, collection)
  await bench.step(async (transaction) => {
    const found = await findRelation(transaction, table)
    if (found !== null) await transaction.query(sql`DROP TABLE ${relationName(found)}`)
  })
}

async function buildIndexes(bench: Workbench, collection: Collection, vectors: VectorType): Promise<void> {
  const table = tableOf(bench, collection.name)
  const parent = await bench.step((transaction) => getTable(transaction, table))
  for (const [name, field] of Object.entries(collection.fields)) {
    if (!field.isIndexed) continue
    if (field.type !== 'vector') {
      await buildIndex(bench, parent, name, sql`(${sql.ident(name)})`)
    } else if (vectors.isIndexable) {
      for (let number = 0; number < collection.partitions; number += 1) {
        const method = sql`USING hnsw (${sql.ident(name)} ${vectors.l2Ops})`
        await buildIndex(bench, { schema: parent.schema, name: `${table}_${String(number)}` }, name, method)
      }
    }
  }
}

async function buildIndex(
  bench: Workbench,
  { schema, name: table }: Pick<Relation, 'schema' | 'name'>,
  field: string,
  method: Sql,
): Promise<void> {
  const index = `${table}_${field}_idx`
  await bench.step(async (transaction) => {
    const found = await getTable(transaction, table, schema)
    if (await hasCompleteIndex(transaction, found, index)) return
    await transaction.query(sql`CREATE INDEX ${sql.ident(index)} ON ${relationName(found)} ${method}`)
  })
}

/** Wide fixed-size columns first, so that none is padded to the alignment of the next; text goes last. */
function columnsOf({ fields, includeRefFields }: Collection, vectors: VectorType): Sql {
  const entries = Object.entries(fields)
  const fixed = entries.filter(([, field]) => sizeOf(field) > 0).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a))
  const variable = entries.filter(([, field]) => sizeOf(field) === 0)
  return sql.join([
    raw('partition_id integer NOT NULL'),
    ...fixed.map(([name, field]) => columnOf(name, field, vectors)),
    raw('id varchar NOT NULL'),
    ...(includeRefFields ? [raw('ref_id varchar NOT NULL'), raw('ref_version bigint NOT NULL')] : []),
    ...variable.map(([name, field]) => columnOf(name, field, vectors)),
  ])
}

const SIZES_BYTES = { bigint: 8, integer: 4, smallint: 2, boolean: 1, keyword: 0, text: 0 } as const

function sizeOf({ type, dimensions }: Field): number {
  return type === 'vector' ? 4 * (dimensions ?? 1) : SIZES_BYTES[type]
}

function columnOf(name: string, field: Field, vectors: VectorType): Sql {
  const column = sql.ident(name)
  if (field.type === 'vector') return vectors.column(column, field.dimensions ?? 1)
  return sql`${column} ${raw(field.type === 'keyword' ? 'text' : field.type)}`
}

function assertNamesFit(table: string, { fields, partitions }: Collection): void {
  for (const name of Object.keys(fields)) assertFits(`${table}_${String(partitions - 1)}_${name}_idx`)
}

/** Throws illegal_transition: partitions cannot be regrouped, because rows are spread by their number. */
export function assertSamePartitions(name: string, found: number, wanted: number): void {
  if (found === wanted) return
  throw new TrancheError(
    'definition_invalid',
    `the collection ${name} is there with ${String(found)} partitions; the definition wants ${String(wanted)}`,
    { remedy: 'Drop it and create it anew in a later version, or keep its number of partitions.' },
  )
}
