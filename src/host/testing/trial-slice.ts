/** Sub-batches that a test hands to a definition's own functions, without a run. */
import type { BatchedMigrationDefinition, JobArguments, PerformContext, SubBatch } from '../../catalogue/definition.ts'
import { scopeOf } from '../../engine/batching/scope.ts'
import { createSubBatch } from '../../engine/batching/sub-batch.ts'
import { sql } from '../../shared/sql.ts'

/** What a run would hand over with `subBatch`, as far as there is no run. */
export function trialContext(subBatch: SubBatch, args: JobArguments): PerformContext {
  return {
    ...{ subBatch, args, jobId: '0', migrationId: '0', signal: new AbortController().signal },
    log() {
      // nothing happened that anybody would have to know of
    },
  }
}

/** Without any row. */
export function emptySlice({ table, columns, strategy }: BatchedMigrationDefinition): SubBatch {
  const none = sql`(false)`
  return Object.defineProperties(
    { ...none },
    {
      on: { value: () => none },
      values: {
        get: () => {
          if (strategy !== 'loose_index_scan')
            throw new TypeError('subBatch.values exists only under strategy loose_index_scan')
          return sql`(SELECT ${sql.ident(columns[0] ?? '')} FROM ${sql.ident(...table.split('.'))} WHERE false)`
        },
      },
    },
  ) as SubBatch // `on` and `values` are defined one line above; a spread cannot carry a throwing getter
}

/** Every row in scope. Throws definition_invalid where the scope is no fragment. */
export function wholeSlice(definition: BatchedMigrationDefinition, args: JobArguments): SubBatch {
  const name = definition.table.split('.').at(-1) ?? ''
  // A range without ends is written without the columns, so nothing has to be asked about the table.
  const table = { name, columns: [], oid: '', leaseOid: '', schema: '', qualifiedName: definition.table }
  return createSubBatch({ table, scope: scopeOf(definition, args) }, { until: null })
}
