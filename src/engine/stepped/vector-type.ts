/** The type of vectors: pgvector's where the server has it, or real[] where the operator chose to do without. */
import type { Fields } from '../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Workbench } from './workbench.ts'

export interface VectorType {
  readonly isIndexable: boolean
  readonly l2Ops: Sql
  column(name: Sql, dimensions: number): Sql
}

/** Without the extension nothing knows a distance, so there is nothing to index either. */
const REAL_LIST: VectorType = {
  isIndexable: false,
  l2Ops: raw(''),
  column: (name, dimensions) =>
    sql`${name} real[] CHECK (array_ndims(${name}) = 1 AND cardinality(${name}) = ${raw(String(dimensions))})`,
}

/** Whether the database of the records could store vectors: its server brings the extension, or has it. */
export async function hasVector(context: EngineContext): Promise<boolean> {
  return inTransaction(context, async (transaction) => {
    const { rowCount } = await transaction.query(sql`SELECT FROM pg_available_extensions WHERE name = 'vector'`)
    return rowCount !== 0
  })
}

/**
 * Asked before anything is made. Creates the extension where the server brings it. Throws vector_unavailable, also
 * where this role may not create it.
 */
export async function vectorType(bench: Workbench, fields: Fields): Promise<VectorType> {
  const isWanted = Object.values(fields).some(({ type }) => type === 'vector')
  if (!isWanted || bench.connection.vectorStorage === 'real') return REAL_LIST
  const schema = (await findExtension(bench)) ?? (await createExtension(bench))
  return {
    isIndexable: true,
    l2Ops: sql.ident(schema, 'vector_l2_ops'),
    column: (name, dimensions) => sql`${name} ${sql.ident(schema, 'vector')}(${raw(String(dimensions))})`,
  }
}

/** The schema in which the extension lives, which need not be in anybody's search_path. */
async function findExtension(bench: Workbench): Promise<string | null> {
  const { rows } = await bench.step((transaction) =>
    transaction.query(
      sql`SELECT n.nspname AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
           WHERE e.extname = 'vector'`,
    ),
  )
  const [row] = rows as { schema: string }[]
  return row?.schema ?? null
}

async function createExtension(bench: Workbench): Promise<string> {
  const { rowCount } = await bench.step((transaction) =>
    transaction.query(sql`SELECT FROM pg_available_extensions WHERE name = 'vector'`),
  )
  if (rowCount === 0) throw unavailable(bench, 'vector is not available on this server')
  try {
    await bench.step((transaction) =>
      transaction.query(sql`CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA ${sql.ident(bench.schema)}`),
    )
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '42501')) throw error
    throw unavailable(bench, 'vector is on this server, but not in this database, and this role may not create it')
  }
  return (await findExtension(bench)) ?? bench.schema
}

function unavailable({ adapter, connection }: Workbench, message: string): TrancheError {
  const what = `${message} (${adapter.target.description}); nothing was created. Install pgvector, or store vectors as real[]`
  return new TrancheError('vector_unavailable', what, {
    remedy: `Install pgvector there and CREATE EXTENSION vector, or store vectors as real[] without an index: tranche stepped connect ${connection.name} --vectors real`,
  })
}
