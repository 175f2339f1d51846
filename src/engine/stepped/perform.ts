/** What each kind of operation does. */
import type { Operation } from '../../catalogue/stepped/definition.ts'
import type { EngineContext } from '../context.ts'
import { addField, createCollection, dropCollection, updateMetadata } from './operations/collections.ts'
import { copyRows } from './operations/copy-rows.ts'
import type { Finished, Waiting } from './operations/finished.ts'
import { createTableLike, dropTable, runSql } from './operations/tables.ts'
import type { Workbench } from './workbench.ts'

/** Safe to run again, also after being stopped at any statement of it. */
export async function performOperation(
  context: EngineContext,
  bench: Workbench,
  operation: Operation,
): Promise<Finished | Waiting> {
  switch (operation.kind) {
    case 'create_collection':
      return createCollection(context, bench, operation)
    case 'add_field':
      return addField(context, bench, operation)
    case 'update_collection_metadata':
      return updateMetadata(context, bench, operation)
    case 'drop_collection':
      return dropCollection(context, bench, operation)
    case 'create_table_like':
      return createTableLike(bench, operation)
    case 'copy_rows':
      return copyRows(bench, operation)
    case 'drop_table':
      return dropTable(bench, operation)
    case 'run_sql':
      return runSql(bench, operation)
  }
}
