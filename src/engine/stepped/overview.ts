/** Where stepped migrations stand: records and files side by side. Reads only. */
import type { BrokenSteppedFile, LoadedSteppedMigration } from '../../catalogue/stepped/definition.ts'
import { sql } from '../../shared/sql.ts'
import type {
  SteppedApproval,
  SteppedFileProblem,
  SteppedLastRun,
  SteppedListValue,
  SteppedMigrationValue,
  SteppedOperationValue,
} from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import type { SteppedSource } from '../ports.ts'
import type { Transaction } from '../target/transaction.ts'
import { iso, type SteppedTables } from '../tracking/tables.ts'
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
      lastRun: connection === null ? null : await readLastRun(transaction, stepped, connection.id),
      newestLogId: await readNewestId(transaction, stepped),
    }
  })
}

interface LastRow extends SteppedLastRun {
  readonly run_id: string | null
}

/** How the last run ended; null where somebody did something since, after which it may not be so any more. */
async function readLastRun(
  transaction: Transaction,
  { logs }: SteppedTables,
  connectionId: string,
): Promise<SteppedLastRun | null> {
  const { rows } = await transaction.query(
    sql`SELECT ${iso('at')} AS at, run_id, message, operator, host FROM ${logs}
         WHERE connection_id = ${connectionId} ORDER BY id DESC LIMIT 1`,
  )
  const [last] = rows as unknown as LastRow[]
  if (last === undefined || last.run_id === null) return null
  const { at, message, operator, host } = last
  return { at, message, operator, host }
}

async function readNewestId(transaction: Transaction, { logs }: SteppedTables): Promise<string | null> {
  const { rows } = await transaction.query(sql`SELECT max(id)::text AS id FROM ${logs}`)
  return (rows[0]?.id as string | null | undefined) ?? null
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
  const skippedBy = record?.status === 'skipped' ? (metadata.skipped_by ?? null) : null
  const isOver = record?.status === 'completed' || skippedBy === 'operator' || skippedBy === 'definition'
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
    errorMessage: record?.status === 'skipped' ? null : (record?.errorMessage ?? null),
    skippedBecause: metadata.skipped_because ?? null,
    skippedBy,
    needsApproval: isOver ? null : gate,
    approved: gate === null && metadata.approved !== undefined ? approvalOf(metadata.approved) : null,
    waitsFor: metadata.waits_for ?? null,
    operations: operationsOf(metadata, loaded),
    hasDrifted:
      metadata.definition_hash !== undefined && loaded !== undefined && metadata.definition_hash !== loaded.hash,
  }
}

function approvalOf({ by, at }: NonNullable<RecordMetadata['approved']>): SteppedApproval {
  return { by, at }
}

/** A worker reads the files when it is started, whatever host started it: no catalogue is opened by hand. */
function problemOf({ line, message, remedy }: BrokenSteppedFile): SteppedFileProblem {
  return { line, message, remedy: remedy.replace('then open the catalogue again', 'then run again') }
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
