/**
 * A copy of many rows is a batched migration like any other: made of the stepped definition, found by its job class name,
 * so that every verb (run, pause, failures, verify …) works on it from every machine that has the catalogue.
 */
import type { BatchedMigrationDefinition, LoadedDefinition } from '../../../catalogue/definition.ts'
import type { CopyRows, LoadedSteppedMigration } from '../../../catalogue/stepped/definition.ts'
import type { DefinitionSource } from '../../ports.ts'
import { copyStatement, missingRows, SOURCE, withoutPartner } from './copy-statement.ts'

/** `CopyRows::V20240904000000::new_table`, or `…::schema::new_table`. */
export function copyClassName(version: string, { to }: CopyRows): string {
  return `CopyRows::V${version}::${to.replaceAll('$', '_').replace('.', '::')}`.slice(0, 100)
}

/** The batched migration behind a `copyRows` of the catalogue, by its job class name. */
export function findCopyDefinition(source: DefinitionSource, jobClassName: string): LoadedDefinition | undefined {
  if (!jobClassName.startsWith('CopyRows::')) return undefined
  for (const loaded of source.stepped?.()?.migrations ?? []) {
    for (const operation of loaded.definition.operations) {
      if (operation.kind !== 'copy_rows' || copyClassName(loaded.definition.version, operation) !== jobClassName)
        continue
      return copyDefinition(loaded, operation)
    }
  }
  return undefined
}

function copyDefinition(
  { definition: { version, milestone, database }, folder, file, hash, files, packages }: LoadedSteppedMigration,
  copy: CopyRows,
): LoadedDefinition {
  const orphans = withoutPartner(copy)
  const definition: BatchedMigrationDefinition = {
    kind: 'batched',
    jobClassName: copyClassName(version, copy),
    description: `Copies the rows of ${copy.from} to ${copy.to}, for the stepped migration ${version}.`,
    ...{ featureCategory: null, milestone, introducedByUrl: null, queuedMigrationVersion: null, database },
    table: copy.from,
    columns: [copy.column],
    strategy: null,
    ...{
      batchSize: copy.batchSize,
      subBatchSize: copy.subBatchSize,
      maxBatchSize: null,
      intervalSeconds: 120,
      pauseMs: 0,
    },
    ...{ errorBudget: null, arguments: {}, scope: null, before: [], samples: null, finalizeAfter: [] },
    operation: 'copy_rows',
    perform: ({ subBatch }) => copyStatement(copy, subBatch.on(SOURCE)),
    verify: [{ kind: 'none', name: `every row with a partner is in ${copy.to}`, query: missingRows(copy) }],
    exceptions:
      orphans === null
        ? []
        : [{ name: 'without_partner', why: `${copy.join?.table ?? ''} has no row for them`, ...orphans }],
  }
  return { definition, folder, file, hash, files, packages }
}
