/**
 * The tables of a collection: a parent partitioned by list, its partitions, b-tree indexes on the parent and an HNSW index
 * for each vector on each partition. Every piece is a step of its own, made only where it is not there.
 */
import type { Field, Fields } from '../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import { assertFits, hasColumn, hasRelation, hasValidIndex } from './table-facts.ts'
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

/** Throws vector_unavailable and definition_invalid before anything is made. */
export async function buildCollection(bench: Workbench, collection: Collection): Promise<void> {
  const table = tableOf(bench, collection.name)
  const { schema } = bench
  assertNamesFit(table, collection)
  const vectors = await vectorType(bench, collection.fields)
  await bench.step(async (transaction) => {
    if (await hasRelation(transaction, schema, table)) return
    await transaction.query(
      sql`CREATE TABLE ${sql.ident(schema, table)} (${columnsOf(collection, vectors)}, PRIMARY KEY (id, partition_id))
          PARTITION BY LIST (partition_id)`,
    )
  })
  for (let number = 0; number < collection.partitions; number += 1) {
    await bench.step(async (transaction) => {
      const partition = `${table}_${String(number)}`
      if (await hasRelation(transaction, schema, partition)) return
      await transaction.query(
        sql`CREATE TABLE ${sql.ident(schema, partition)} PARTITION OF ${sql.ident(schema, table)}
            FOR VALUES IN (${raw(String(number))})`,
      )
    })
  }
  await buildIndexes(bench, collection, vectors)
}

/** Adds the columns that are missing, then their indexes. */
export async function addColumns(bench: Workbench, collection: Collection): Promise<void> {
  const table = tableOf(bench, collection.name)
  assertNamesFit(table, collection)
  const vectors = await vectorType(bench, collection.fields)
  for (const [name, field] of Object.entries(collection.fields)) {
    await bench.step(async (transaction) => {
      if (await hasColumn(transaction, { schema: bench.schema, table, column: name })) return
      await transaction.query(
        sql`ALTER TABLE ${sql.ident(bench.schema, table)} ADD COLUMN ${columnOf(name, field, vectors)}`,
      )
    })
  }
  await buildIndexes(bench, collection, vectors)
}

export async function dropTables(bench: Workbench, collection: string): Promise<void> {
  const table = tableOf(bench, collection)
  await bench.step((transaction) => transaction.query(sql`DROP TABLE IF EXISTS ${sql.ident(bench.schema, table)}`))
}

async function buildIndexes(bench: Workbench, collection: Collection, vectors: VectorType): Promise<void> {
  const table = tableOf(bench, collection.name)
  for (const [name, field] of Object.entries(collection.fields)) {
    if (!field.isIndexed) continue
    if (field.type !== 'vector') {
      await buildIndex(bench, table, name, sql`(${sql.ident(name)})`)
    } else if (vectors.isIndexable) {
      for (let number = 0; number < collection.partitions; number += 1) {
        const method = sql`USING hnsw (${sql.ident(name)} ${vectors.l2Ops})`
        await buildIndex(bench, `${table}_${String(number)}`, name, method)
      }
    }
  }
}

async function buildIndex(bench: Workbench, table: string, field: string, method: Sql): Promise<void> {
  const { schema } = bench
  const index = `${table}_${field}_idx`
  await bench.step(async (transaction) => {
    if (await hasValidIndex(transaction, schema, index)) return
    await dropInvalid(transaction, schema, index)
    await transaction.query(sql`CREATE INDEX ${sql.ident(index)} ON ${sql.ident(schema, table)} ${method}`)
  })
}

/** A parent's index is invalid where a partition's is missing; it cannot be completed by name. */
async function dropInvalid(transaction: Transaction, schema: string, index: string): Promise<void> {
  if (await hasRelation(transaction, schema, index))
    await transaction.query(sql`DROP INDEX ${sql.ident(schema, index)}`)
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
