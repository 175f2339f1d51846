/** Where stepped migrations stand: records and files side by side. Reads only. */
import type { BrokenSteppedFile, LoadedSteppedMigration } from '../../catalogue/stepped/definition.ts'
import type {
  SteppedFileProblem,
  SteppedListValue,
  SteppedMigrationValue,
  SteppedOperationValue,
} from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import type { SteppedSource } from '../ports.ts'
import { openGate } from './approval.ts'
import { readHolder } from './lease.ts'
import { titleOf } from './reconcile.ts'
import { ownSource } from './own-source.ts'
import {
  listCollections,
  listConnections,
  listRecords,
  MAX_TRIES,
  type RecordMetadata,
  type SteppedRecord,
} from './records.ts'

/** Everything of the active connection; without one, what the files say. */
export async function listStepped(context: EngineContext): Promise<SteppedListValue> {
  const { stepped } = context.tables
  const source = ownSource(context) ?? { migrations: [], broken: [] }
  return inTransaction(context, async (transaction) => {
    const connections = await listConnections(transaction, stepped)
    const connection = connections.find(({ isActive }) => isActive) ?? null
    const records = connection === null ? [] : await listRecords(transaction, stepped, connection.id)
    return {
      connection,
      connections,
      worker: connection === null ? null : await readHolder(transaction, context, connection.id),
      migrations: sideBySide(records, source),
      collections: connection === null ? [] : await listCollections(transaction, stepped, connection.id),
      haltedBy: records.find(({ status }) => status === 'failed')?.version ?? null,
    }
  })
}

/** What the files alone say, where no record can be read. */
export function listSteppedFiles(source: SteppedSource): readonly SteppedMigrationValue[] {
  return sideBySide([], source)
}

function sideBySide(
  records: readonly SteppedRecord[],
  { migrations, broken }: SteppedSource,
): readonly SteppedMigrationValue[] {
  const recordOf = new Map(records.map((record) => [record.version, record]))
  const fileOf = new Map(migrations.map((loaded) => [loaded.definition.version, loaded]))
  const brokenOf = new Map(broken.map((file) => [file.version, file]))
  return [...new Set([...recordOf.keys(), ...fileOf.keys(), ...brokenOf.keys()])].sort().map((version) =>
    migrationOf(version, {
      record: recordOf.get(version),
      loaded: fileOf.get(version),
      broken: brokenOf.get(version),
    }),
  )
}

interface Sides {
  readonly record: SteppedRecord | undefined
  readonly loaded: LoadedSteppedMigration | undefined
  readonly broken: BrokenSteppedFile | undefined
}

function migrationOf(version: string, { record, loaded, broken }: Sides): SteppedMigrationValue {
  const definition = loaded?.definition
  const metadata: RecordMetadata = record?.metadata ?? {}
  const gate = definition === undefined ? null : openGate(definition.operations, metadata)
  const isOver = record?.status === 'completed' || metadata.skipped_by === 'operator'
  const name = loaded?.name ?? broken?.name ?? null
  return {
    version,
    name: name === null ? null : titleOf(name),
    file: loaded?.file ?? broken?.file ?? null,
    problem: loaded !== undefined || broken === undefined ? null : problemOf(broken),
    milestone: definition?.milestone ?? null,
    description: definition?.description ?? null,
    status: record?.status ?? null,
    retriesLeft: record?.retriesLeft ?? MAX_TRIES,
    startedAt: record?.startedAt ?? null,
    completedAt: record?.completedAt ?? null,
    errorMessage: record?.errorMessage ?? null,
    skippedBecause: metadata.skipped_because ?? null,
    needsApproval: isOver ? null : gate,
    operations: operationsOf(metadata, loaded),
    hasDrifted:
      metadata.definition_hash !== undefined && loaded !== undefined && metadata.definition_hash !== loaded.hash,
  }
}

function problemOf({ line, message, remedy }: BrokenSteppedFile): SteppedFileProblem {
  return { line, message, remedy }
}

/** Those of the file in their order; behind them what was completed and is no longer in it. */
function operationsOf(
  { operations = {} }: RecordMetadata,
  loaded: LoadedSteppedMigration | undefined,
): readonly SteppedOperationValue[] {
  const listed = loaded?.definition.operations ?? []
  const keys = new Set(listed.map(({ key }) => key))
  return [
    ...listed.map(({ key, description }) => ({ key, description })),
    ...Object.keys(operations)
      .filter((key) => !keys.has(key))
      .map((key) => ({ key, description: key })),
  ].map(({ key, description }) => ({
    key,
    description,
    completedAt: operations[key]?.completedAt ?? null,
    result: operations[key]?.result ?? null,
  }))
}
