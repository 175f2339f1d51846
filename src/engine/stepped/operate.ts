/**
 * What operators do to stepped migrations: retry, skip, reset, approve, and choosing the connection. Nobody may be at work
 * on them meanwhile. Each is journaled and has its line in the log.
 */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedStatus } from '../../shared/stepped-status.ts'
import type { SteppedConnectionValue, SteppedMigrationValue } from '../../shared/stepped-view.ts'
import { inPatientTransaction } from '../contention.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordEvent } from '../tracking/record-event.ts'
import { gateOf } from './approval.ts'
import { recordLine } from './journal.ts'
import { lockIdleLease } from './lease.ts'
import { listStepped } from './overview.ts'
import { ownSource } from './own-source.ts'
import { findFile } from './reconcile.ts'
import { listConnections, listRecords, type SteppedRecord } from './records.ts'
import { assertSamePlace } from './repointing.ts'
import { type Change, changeRecord } from './transitions.ts'

/** failed → pending with all tries back. Completed operations stay completed. Throws unknown_version, illegal_transition, already_running. */
export async function retryStepped(context: EngineContext, version: string): Promise<SteppedMigrationValue> {
  return changeOne(context, { version, deed: 'retry' }, () => ({
    event: 'retry',
    message: `retry of migration ${version}`,
  }))
}

/** Passes over a migration for good: what is behind it may run. Throws as `retryStepped` does. */
export async function skipStepped(
  context: EngineContext,
  version: string,
  reason: string,
): Promise<SteppedMigrationValue> {
  return changeOne(context, { version, deed: 'skip', details: { reason } }, () => ({
    event: 'skip',
    message: `migration ${version} skipped by ${context.identity.operator}: ${reason}`,
    metadata: { skipped_because: `${context.identity.operator}: ${reason}`, skipped_by: 'operator' },
  }))
}

/**
 * Agrees to what a gate asks for, as the catalogue was read: what was shown before is what is agreed to. The next run takes
 * the migration up. Throws invalid_arguments where nothing is asked, illegal_transition where it is completed or an operator
 * passed over it.
 */
export async function approveStepped(context: EngineContext, version: string): Promise<SteppedMigrationValue> {
  const loaded = findFile(ownSource(context) ?? { migrations: [], broken: [] }, version)
  const gate = loaded === undefined ? null : gateOf(loaded.definition.operations)
  if (gate === null) {
    throw new TrancheError('invalid_arguments', `migration ${version} asks for no approval`, {
      remedy: 'tranche stepped list shows those that do.',
    })
  }
  const approved = { by: context.identity.operator, at: context.clock.now().toISOString(), gate }
  const message = `migration ${version} approved by ${context.identity.operator}: ${gate}`
  return changeOne(context, { version, deed: 'approve', details: { gate } }, ({ status, metadata }) => {
    if (status === 'completed' || metadata.skipped_by === 'operator') throw askedTooLate(version, status)
    return status === 'skipped'
      ? { event: 'unskip', message, metadata: { approved, skipped_because: null, skipped_by: null } }
      : { event: 'reset', message, metadata: { approved } }
  })
}

function askedTooLate(version: string, status: SteppedStatus): TrancheError {
  return new TrancheError('illegal_transition', `migration ${version} is ${status}, so that it asks for no approval`, {
    remedy: `To run it again: tranche stepped reset ${version}; then approve it.`,
    details: { status },
  })
}

/** Back to pending; every operation runs again. `null`: all of the connection. Throws as `retryStepped` does. */
export async function resetStepped(
  context: EngineContext,
  version: string | null,
): Promise<readonly SteppedMigrationValue[]> {
  const metadata = { operations: null, skipped_because: null, skipped_by: null, approved: null }
  if (version !== null) {
    return [
      await changeOne(context, { version, deed: 'reset' }, () => ({
        event: 'reset',
        message: `reset of migration ${version}`,
        metadata,
      })),
    ]
  }
  const changed = await atRest(context, async (transaction, connection) => {
    const records = await listRecords(transaction, context.tables.stepped, connection.id, { isLocked: true })
    for (const record of records) {
      const message = `reset of migration ${record.version}`
      await changeRecord(transaction, context, record, { event: 'reset', message, metadata })
    }
    const details = { migrations: records.length, connection: connection.name }
    await recordEvent(transaction, context, { kind: 'stepped_reset', details })
    return new Set(records.map((record) => record.version))
  })
  const { migrations } = await listStepped(context)
  return migrations.filter((migration) => changed.has(migration.version))
}

export interface ConnectRequest {
  readonly name: string
  readonly adapter?: string | null
  readonly prefix?: string
  readonly vectorStorage?: 'vector' | 'real'
  readonly isIndexingEnabled?: boolean
}

/** GitLab's default. */
const DEFAULT_PREFIX = 'gitlab_active_context'

/**
 * Makes the connection, or changes what is given of it, and makes it the active one. Another one's records stay as they
 * are; the new one gets its own. Throws invalid_setting, connection_in_use, already_running.
 */
export async function connectStepped(context: EngineContext, request: ConnectRequest): Promise<SteppedConnectionValue> {
  const { name, adapter, prefix, vectorStorage, isIndexingEnabled } = request
  assertUsable(request)
  const { connections } = context.tables.stepped
  return inPatientTransaction(context, async (transaction) => {
    const known = await listConnections(transaction, context.tables.stepped)
    for (const { id, isActive } of known) if (isActive) await lockIdleLease(transaction, context, id)
    await transaction.query(sql`UPDATE ${connections} SET active = false, updated_at = clock_timestamp() WHERE active`)
    const before = known.find((connection) => connection.name === name)
    const values = {
      adapter: adapter === undefined ? (before?.adapter ?? null) : adapter,
      prefix: prefix ?? before?.prefix ?? DEFAULT_PREFIX,
      vectorStorage: vectorStorage ?? before?.vectorStorage ?? 'vector',
      isIndexingEnabled: isIndexingEnabled ?? before?.isIndexingEnabled ?? true,
    }
    if (before !== undefined)
      assertSamePlace(before, values, await listRecords(transaction, context.tables.stepped, before.id))
    const { rows } = await transaction.query(
      sql`INSERT INTO ${connections} (name, adapter, prefix, vector_storage, is_indexing_enabled, active)
          VALUES (${name}, ${values.adapter}, ${values.prefix}, ${values.vectorStorage}, ${values.isIndexingEnabled}, true)
          ON CONFLICT (name) DO UPDATE
             SET adapter = excluded.adapter, prefix = excluded.prefix, vector_storage = excluded.vector_storage,
                 is_indexing_enabled = excluded.is_indexing_enabled, active = true, updated_at = clock_timestamp()
          RETURNING id`,
    )
    const { id } = onlyRow<{ id: string }>(rows, 'the connection was not written')
    const message = `connection "${name}" is active`
    await recordLine(transaction, context, { message, connectionId: id, details: values })
    await recordEvent(transaction, context, { kind: 'stepped_connect', details: { name, ...values } })
    return { id, name, isActive: true, ...values }
  })
}

/** No connection is active afterwards: nothing is run. Throws already_running. */
export async function disconnectStepped(context: EngineContext): Promise<null> {
  return inPatientTransaction(context, async (transaction) => {
    const active = (await listConnections(transaction, context.tables.stepped)).find(({ isActive }) => isActive)
    if (active === undefined) return null
    await lockIdleLease(transaction, context, active.id)
    await transaction.query(
      sql`UPDATE ${context.tables.stepped.connections} SET active = false, updated_at = clock_timestamp() WHERE id = ${active.id}`,
    )
    const message = `connection "${active.name}" is no longer active`
    await recordLine(transaction, context, { message, connectionId: active.id })
    await recordEvent(transaction, context, { kind: 'stepped_disconnect', details: { name: active.name } })
    return null
  })
}

interface Deed {
  readonly version: string
  /** What somebody did, as the journal of the target names it. */
  readonly deed: 'retry' | 'skip' | 'approve' | 'reset'
  readonly details?: Readonly<Record<string, unknown>>
}

async function changeOne(
  context: EngineContext,
  { version, deed, details = {} }: Deed,
  changeOf: (record: SteppedRecord) => Change,
): Promise<SteppedMigrationValue> {
  await atRest(context, async (transaction, connection) => {
    const records = await listRecords(transaction, context.tables.stepped, connection.id, { isLocked: true })
    const record = records.find((each) => each.version === version)
    if (record === undefined) throw unknownVersion(version, connection.name)
    await changeRecord(transaction, context, record, changeOf(record))
    const event = { kind: `stepped_${deed}`, details: { version, connection: connection.name, ...details } }
    await recordEvent(transaction, context, event)
  })
  const { migrations } = await listStepped(context)
  const changed = migrations.find((migration) => migration.version === version)
  if (changed === undefined) throw unknownVersion(version, 'active')
  return changed
}

/** A transaction in which no worker is at work on the active connection, and none that wakes up can write afterwards. */
async function atRest<T>(
  context: EngineContext,
  body: (transaction: Transaction, connection: SteppedConnectionValue) => Promise<T>,
): Promise<T> {
  const connections = await inTransaction(context, (transaction) =>
    listConnections(transaction, context.tables.stepped),
  )
  const connection = connections.find(({ isActive }) => isActive)
  if (connection === undefined) {
    throw new TrancheError('adapter_missing', 'no connection is active', {
      remedy: 'Choose one with: tranche stepped connect NAME',
    })
  }
  return inPatientTransaction(context, async (transaction) => {
    await lockIdleLease(transaction, context, connection.id)
    return body(transaction, connection)
  })
}

function unknownVersion(version: string, connection: string): TrancheError {
  return new TrancheError('unknown_version', `the connection "${connection}" has no migration ${version}`, {
    remedy: 'tranche stepped list shows those that there are; a new file gets its record at the next run.',
  })
}

function assertUsable({ name, adapter, prefix }: ConnectRequest): void {
  const wrong = !/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)
    ? `the connection's name is ${JSON.stringify(name)}; expected letters, digits, . _ and -`
    : prefix !== undefined && !/^[a-z][a-z0-9_]{0,29}$/.test(prefix)
      ? `the prefix is ${JSON.stringify(prefix)}; expected at most 30 small letters, digits and _`
      : typeof adapter === 'string' && hasPassword(adapter)
        ? 'the adapter’s address holds a password, which would be stored for everybody to read'
        : null
  if (wrong === null) return
  throw new TrancheError('invalid_setting', wrong, { remedy: 'Correct it; a password goes into ~/.pgpass.' })
}

function hasPassword(adapter: string): boolean {
  return /^postgres(ql)?:\/\//.test(adapter) && (/\/\/[^/@]*:[^/@]+@/.test(adapter) || /[?&]password=/.test(adapter))
}
