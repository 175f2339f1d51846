/**
 * The table lease names the one migration that may write a table. Its runners join it; the last one's release deletes
 * it. Lock order: lease → migration → frontier → job_progress → jobs.
 */
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import type { MigrationStatus } from '../shared/status.ts'
import { restoreAbandoned } from './abandoned.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { type TakenOver, takeOverDeadRunners } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { lockRunners } from './tracking/list-runners.ts'
import { registerRunner } from './tracking/register-runner.ts'
import { lockMigration, type StatusChange, unknownMigration } from './transitions.ts'
import type { RunnerInfo } from './types.ts'

const BEAT_TIMEOUT_MS = 2_000

interface Joining {
  readonly migrationId: string
  /** Of the table at the top, where it is a partition or a child (lease-root.ts). */
  readonly leaseOid: string
  readonly runnerId: string
  readonly drivenStatuses: readonly MigrationStatus[]
  /** What begins with joining, in its transaction: refused as a whole when the table is busy. */
  readonly begin?: ((transaction: Transaction) => Promise<StatusChange>) | undefined
}

export interface Joined {
  readonly status: MigrationStatus
  readonly takenOver: readonly TakenOver[]
  readonly changes: readonly StatusChange[]
}

/**
 * Takes or joins the lease and registers the runner. Claims of dead runners are taken over on the way, those of another
 * migration whose runners are all gone too. Throws table_busy while another migration has a live runner; registers
 * nothing when the migration's status is not one to be driven.
 */
export async function joinLease(context: EngineContext, joining: Joining): Promise<Joined> {
  const { migrationId, leaseOid, begin } = joining
  return inWritingTransaction(context, async (transaction) => {
    const holder = await lockLease(transaction, context, { leaseOid, migrationId })
    const takenOver: TakenOver[] = []
    if (holder !== migrationId) {
      takenOver.push(...(await evict(transaction, context, holder)))
      await transaction.query(
        sql`UPDATE ${context.tables.leases} SET migration_id = ${migrationId}, acquired_at = clock_timestamp() WHERE table_oid = ${leaseOid}::oid`,
      )
    }
    const runners = await lockRunners(transaction, context, migrationId)
    const found = await lockMigration(transaction, context, migrationId)
    takenOver.push(...(await takeOverDeadRunners(transaction, context, { migrationId, runners, ownRunner: null })))
    const change =
      begin === undefined
        ? await restoreAbandoned(transaction, context, { migrationId, status: found, runners })
        : await begin(transaction)
    const status = change?.to ?? found
    if (joining.drivenStatuses.includes(status)) {
      const { runnerId } = joining
      await transaction.query(registerRunner(context, { runnerId, migrationId, isFinalizing: begin !== undefined }))
    } else if (!runners.some(({ isLive }) => isLive)) {
      // Nobody drives it: the table is free for others.
      await transaction.query(
        sql`DELETE FROM ${context.tables.leases} WHERE table_oid = ${leaseOid}::oid AND migration_id = ${migrationId}`,
      )
    }
    return { status, takenOver, changes: change === null ? [] : [change] }
  })
}

/**
 * Unregisters the runner. The last live one of the migration fences the dead ones and deletes the lease; the last that
 * finalizes puts an unended migration back to the status that it came from, and returns that change.
 */
export async function leaveLease(
  context: EngineContext,
  { migrationId, leaseOid, runnerId }: Pick<Joining, 'migrationId' | 'leaseOid' | 'runnerId'>,
): Promise<StatusChange | null> {
  const { tables } = context
  return inWritingTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`SELECT migration_id FROM ${tables.leases} WHERE table_oid = ${leaseOid}::oid AND migration_id = ${migrationId} FOR NO KEY UPDATE`,
    )
    await transaction.query(sql`DELETE FROM ${tables.runners} WHERE id = ${runnerId}`)
    if (rows.length === 0) return null
    const runners = await lockRunners(transaction, context, migrationId)
    const status = await lockMigration(transaction, context, migrationId)
    const change = await restoreAbandoned(transaction, context, { migrationId, status, runners })
    if (runners.some(({ isLive }) => isLive)) return change
    // A frozen runner must not wake up as the holder of a claim on a table that is nobody's any more.
    await takeOverDeadRunners(transaction, context, { migrationId, runners, ownRunner: null })
    await transaction.query(
      sql`DELETE FROM ${tables.leases} WHERE table_oid = ${leaseOid}::oid AND migration_id = ${migrationId}`,
    )
    return change
  })
}

/** Takes the table from another migration, whose runners must all be dead; each of its running jobs is fenced. */
async function evict(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
): Promise<readonly TakenOver[]> {
  const runners = await lockRunners(transaction, context, migrationId)
  assertNoLiveRunner(migrationId, runners)
  const status = await lockMigration(transaction, context, migrationId)
  await restoreAbandoned(transaction, context, { migrationId, status, runners })
  return takeOverDeadRunners(transaction, context, { migrationId, runners, ownRunner: null })
}

/** Takes over the claims of the migration's runners that died meanwhile. Waits for what their backends still do. */
export async function takeOverStale(
  context: EngineContext,
  { migration, scoped, runnerId }: Drive,
): Promise<readonly TakenOver[]> {
  return inWritingTransaction(context, async (transaction) => {
    const { rowCount } = await transaction.query(
      sql`SELECT 1 FROM ${context.tables.leases}
           WHERE table_oid = ${scoped.table.leaseOid}::oid AND migration_id = ${migration.id} FOR NO KEY UPDATE`,
    )
    if (rowCount === 0) return []
    const runners = await lockRunners(transaction, context, migration.id)
    return takeOverDeadRunners(transaction, context, { migrationId: migration.id, runners, ownRunner: runnerId })
  })
}

/** Renews the heartbeat by the server's clock; short, so that a lost one is soon repeated. false: declared dead. */
export async function beat(context: EngineContext, runnerId: string): Promise<boolean> {
  const { rowCount } = await inWritingTransaction(
    context,
    (transaction) =>
      transaction.query(
        sql`UPDATE ${context.tables.runners} SET heartbeat_at = clock_timestamp() WHERE id = ${runnerId}`,
      ),
    { statementTimeoutMs: BEAT_TIMEOUT_MS, lockTimeoutMs: BEAT_TIMEOUT_MS, answerGraceMs: BEAT_TIMEOUT_MS },
  )
  return rowCount === 1
}

/**
 * Inserts the lease or finds it, and locks it. A last runner that leaves at this moment may delete the row between the two;
 * then it is inserted anew. Returns the migration that holds it.
 */
async function lockLease(
  transaction: Transaction,
  { tables }: EngineContext,
  { leaseOid, migrationId }: Pick<Joining, 'leaseOid' | 'migrationId'>,
): Promise<string> {
  for (let tries = 0; tries < 5; tries += 1) {
    // Waits for whoever inserts the same row right now. A migration that was deleted since it was read leases nothing.
    await transaction.query(
      sql`INSERT INTO ${tables.leases} (table_oid, migration_id)
          SELECT ${leaseOid}::oid, id FROM ${tables.migrations} WHERE id = ${migrationId} FOR KEY SHARE
          ON CONFLICT (table_oid) DO NOTHING`,
    )
    const { rows } = await transaction.query(
      sql`SELECT migration_id::text AS migration_id FROM ${tables.leases} WHERE table_oid = ${leaseOid}::oid FOR NO KEY UPDATE`,
    )
    const [row] = rows as { migration_id: string }[]
    if (row !== undefined) return row.migration_id
    const { rowCount } = await transaction.query(sql`SELECT 1 FROM ${tables.migrations} WHERE id = ${migrationId}`)
    if (rowCount === 0) throw unknownMigration(migrationId)
  }
  throw new TrancheError('table_busy', 'the table’s lease changed hands again and again at this very moment', {
    remedy: 'Try again.',
  })
}

function assertNoLiveRunner(migrationId: string, runners: readonly RunnerInfo[]): void {
  const live = runners.find(({ isLive }) => isLive)
  if (live === undefined) return
  const who = `${live.operator} on ${live.host} (pid ${String(live.pid)}, since ${live.startedAt})`
  throw new TrancheError(
    'table_busy',
    `another migration writes this table now: migration ${migrationId}, driven by ${who}`,
    {
      remedy: 'Wait for it, or pause it: only one migration writes a table at a time.',
      details: { migrationId, runner: live },
    },
  )
}
