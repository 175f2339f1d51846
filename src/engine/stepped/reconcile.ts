/**
 * Brings records and files together: a record for each file, also for one that cannot be used, so that nothing passes it;
 * none for a file that vanished. In the transaction of a worker that holds the lease.
 */
import type { LoadedSteppedMigration } from '../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { sql } from '../../shared/sql.ts'
import type { EngineContext } from '../context.ts'
import type { EngineEvents } from '../events.ts'
import type { SteppedSource } from '../ports.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordLine } from './journal.ts'
import { listRecords, MAX_TRIES, type SteppedRecord } from './records.ts'

interface Reconciling {
  readonly connectionId: string
  readonly runId: string
  readonly source: SteppedSource
}

export interface Reconciled {
  /** Afterwards, by version. */
  readonly records: readonly SteppedRecord[]
  /** What was made and deleted, for whoever watches. */
  readonly told: readonly Told[]
}

type Told = EngineEvents['stepped:told']

/** Throws catalogue_missing where there are records and not a single file. */
export async function reconcile(
  transaction: Transaction,
  context: EngineContext,
  { connectionId, runId, source }: Reconciling,
): Promise<Reconciled> {
  const { migrations } = context.tables.stepped
  const records = await listRecords(transaction, context.tables.stepped, connectionId, { isLocked: true })
  const known = new Set(records.map(({ version }) => version))
  const files = filesOf(source)
  const fresh = [...files].filter(([version]) => !known.has(version))
  const vanished = records.filter(({ version }) => !files.has(version))
  if (files.size === 0 && vanished.length > 0) throw noStepped(vanished.length)
  const told: Told[] = []
  for (const [version, name] of fresh) {
    await transaction.query(
      sql`INSERT INTO ${migrations} (connection_id, version, retries_left) VALUES (${connectionId}, ${version}, ${MAX_TRIES})`,
    )
    const message = `record created for ${name === null ? version : titleOf(name)}`
    await recordLine(transaction, context, { connectionId, runId, version, message })
    told.push({ version, level: 'info', message: `record of migration ${version} created` })
  }
  for (const { id, version, status, metadata } of vanished) {
    await transaction.query(sql`DELETE FROM ${migrations} WHERE id = ${id}`)
    const message = `record of migration ${version} (${status}) deleted: its file is gone`
    // What it was can be read here, should the file have been gone by mistake.
    const line = { connectionId, runId, version, message, details: { status, metadata } }
    await recordLine(transaction, context, { ...line, level: 'warn' })
    told.push({ version, level: 'warn', message })
  }
  if (told.length === 0) return { records, told }
  return { records: await listRecords(transaction, context.tables.stepped, connectionId, { isLocked: true }), told }
}

/** Somebody named another folder than the one in which these files are: nothing is concluded from that. */
function noStepped(records: number): TrancheError {
  return new TrancheError(
    'catalogue_missing',
    `this catalogue has no stepped migration at all, and the active connection has ${countOf(records, 'record')}`,
    { remedy: 'Name the catalogue that they are files of, with --catalogue DIR. Nothing was changed.' },
  )
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

/** Why a file cannot be used, with its place: the author has to find it. */
export function describeBroken({ broken }: SteppedSource, version: string): string {
  const found = broken.find((file) => file.version === version)
  if (found === undefined) return `the file of migration ${version} cannot be used`
  const { file, line, message } = found
  const place = line === null ? file : `${file}:${String(line)}`
  return `the file of migration ${version} cannot be used: ${place}: ${message}`
}
