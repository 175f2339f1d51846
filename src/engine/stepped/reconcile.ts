/**
 * Brings records and files together: a record for each file, also for one that cannot be used, so that nothing passes it;
 * none for a file that vanished. In the transaction of a worker that holds the lease.
 */
import type { BrokenSteppedFile, LoadedSteppedMigration } from '../../catalogue/stepped/definition.ts'
import { sql } from '../../shared/sql.ts'
import type { EngineContext } from '../context.ts'
import type { SteppedSource } from '../ports.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordLine } from './journal.ts'
import { listRecords, MAX_TRIES, type SteppedRecord } from './records.ts'

interface Reconciling {
  readonly connectionId: string
  readonly runId: string
  readonly source: SteppedSource
}

/** Records afterwards, by version. */
export async function reconcile(
  transaction: Transaction,
  context: EngineContext,
  { connectionId, runId, source }: Reconciling,
): Promise<readonly SteppedRecord[]> {
  const { migrations } = context.tables.stepped
  const records = await listRecords(transaction, context.tables.stepped, connectionId, { isLocked: true })
  const known = new Set(records.map(({ version }) => version))
  const files = filesOf(source)
  const fresh = [...files].filter(([version]) => !known.has(version))
  const vanished = records.filter(({ version }) => !files.has(version))
  for (const [version, name] of fresh) {
    await transaction.query(
      sql`INSERT INTO ${migrations} (connection_id, version, retries_left) VALUES (${connectionId}, ${version}, ${MAX_TRIES})`,
    )
    const message = `record created for ${name === null ? version : titleOf(name)}`
    await recordLine(transaction, context, { connectionId, runId, version, message })
  }
  for (const { id, version, status, metadata } of vanished) {
    await transaction.query(sql`DELETE FROM ${migrations} WHERE id = ${id}`)
    await recordLine(transaction, context, {
      ...{ connectionId, runId, version, level: 'warn', message: 'record deleted: its file is gone' },
      details: { status, metadata },
    })
  }
  return fresh.length + vanished.length === 0
    ? records
    : listRecords(transaction, context.tables.stepped, connectionId, { isLocked: true })
}

/** Version → name, of every file that is there. */
function filesOf({ migrations, broken }: SteppedSource): ReadonlyMap<string, string | null> {
  return new Map([
    ...broken.map(({ version, name }) => [version, name] as const),
    ...migrations.map(({ definition, name }) => [definition.version, name] as const),
  ])
}

/** `create_code_embeddings` as `CreateCodeEmbeddings`, as a migration's class is named elsewhere. */
export function titleOf(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

export function findFile(source: SteppedSource, version: string): LoadedSteppedMigration | undefined {
  return source.migrations.find(({ definition }) => definition.version === version)
}

export function findBroken(source: SteppedSource, version: string): BrokenSteppedFile | undefined {
  return source.broken.find((file) => file.version === version)
}
