/** Operations on collections: tables in the adapter's database, and a record of each. */
import type {
  AddField,
  CreateCollection,
  DropCollection,
  UpdateCollectionMetadata,
} from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { sql } from '../../../shared/sql.ts'
import type { SteppedCollectionValue } from '../../../shared/stepped-view.ts'
import type { EngineContext } from '../../context.ts'
import { addColumns, assertSamePartitions, buildCollection, dropTables } from '../collection-ddl.ts'
import { listCollections } from '../records.ts'
import { type Finished, finished } from './finished.ts'
import type { Workbench } from '../workbench.ts'

/** The record comes last: a collection that is known is complete. */
export async function createCollection(
  context: EngineContext,
  bench: Workbench,
  { collection: name, partitions, fields, includeRefFields }: CreateCollection,
): Promise<Finished> {
  const known = await findCollection(context, bench, name)
  if (known !== undefined) assertSamePartitions(name, known.numberOfPartitions, partitions)
  await buildCollection(bench, { name, partitions, fields, includeRefFields })
  await bench.record((transaction) =>
    transaction.query(
      sql`INSERT INTO ${context.tables.stepped.collections} (connection_id, name, number_of_partitions, options)
          VALUES (${bench.connection.id}, ${name}, ${partitions}, ${JSON.stringify({ includeRefFields })})
          ON CONFLICT (connection_id, name) DO NOTHING`,
    ),
  )
  return finished({ partitions, fields: Object.keys(fields).length })
}

export async function addField(
  context: EngineContext,
  bench: Workbench,
  { collection: name, fields }: AddField,
): Promise<Finished> {
  const { numberOfPartitions: partitions } = await getCollection(context, bench, name)
  await addColumns(bench, { name, partitions, fields, includeRefFields: true })
  return finished({ fields: Object.keys(fields).length })
}

export async function updateMetadata(
  context: EngineContext,
  bench: Workbench,
  { collection: name, metadata }: UpdateCollectionMetadata,
): Promise<Finished> {
  await getCollection(context, bench, name)
  await bench.record((transaction) =>
    transaction.query(
      sql`UPDATE ${context.tables.stepped.collections}
             SET metadata = metadata || ${JSON.stringify(metadata)}::jsonb, updated_at = clock_timestamp()
           WHERE connection_id = ${bench.connection.id} AND name = ${name}`,
    ),
  )
  return finished({ ...metadata })
}

/** The tables go first: a record without tables can be dropped again, tables without a record could not. */
export async function dropCollection(
  context: EngineContext,
  bench: Workbench,
  { collection: name }: DropCollection,
): Promise<Finished> {
  if ((await findCollection(context, bench, name)) === undefined) return finished({ wasThere: false })
  await dropTables(bench, name)
  await bench.record((transaction) =>
    transaction.query(
      sql`DELETE FROM ${context.tables.stepped.collections} WHERE connection_id = ${bench.connection.id} AND name = ${name}`,
    ),
  )
  return finished({ wasThere: true })
}

async function findCollection(
  context: EngineContext,
  bench: Workbench,
  name: string,
): Promise<SteppedCollectionValue | undefined> {
  const collections = await bench.record((transaction) =>
    listCollections(transaction, context.tables.stepped, bench.connection.id),
  )
  return collections.find((collection) => collection.name === name)
}

async function getCollection(context: EngineContext, bench: Workbench, name: string): Promise<SteppedCollectionValue> {
  const collection = await findCollection(context, bench, name)
  if (collection !== undefined) return collection
  throw new TrancheError('table_missing', `the connection "${bench.connection.name}" has no collection ${name}`, {
    remedy: 'An earlier version must create it.',
  })
}
