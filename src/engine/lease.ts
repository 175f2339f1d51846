/**
 * The table lease names the one migration that may write a table. Its runners join it; the last one's release deletes
 * it. Lock order: lease → migration → frontier → job_progress → jobs.
 */
import { TrancheError } from '../shared/errors.ts'
import { raw, sql } from '../shared/sql.ts'
import type { MigrationStatus } from '../shared/status.ts'
import { type EngineContext, inWritingTransaction, onlyRow } from './context.ts'
import type { Drive } from './drive.ts'
import { type TakenOver, takeOverDeadRunners } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { listRunners } from './tracking/list-runners.ts'
import { lockMigration } from './transitions.ts'

interface Joining {
  readonly migrationId: string
  readonly tableOid: string
  readonly runnerId: string
  readonly drivenStatuses: readonly MigrationStatus[]
}

export interface Joined {
  readonly status: MigrationStatus
  readonly takenOver: readonly TakenOver[]
}

/**
 * Takes or joins the lease and registers the runner. Claims of dead runners are taken over on the way, those of another
 * migration whose runners are all gone too. Throws table_busy while another migration has a live runner; registers
 * nothing when the migration's status is not one to be driven.
 */
export async function joinLease(context: EngineContext, joining: Joining): Promise<Joined> {
  const { migrationId, tableOid } = joining
  return inWritingTransaction(context, async (transaction) => {
    await insertLease(transaction, context, tableOid, migrationId)
    const holder = await readHolder(transaction, context, tableOid)
    const takenOver: TakenOver[] = []
    if (holder !== migrationId) {
      await assertNoLiveRunner(transaction, context, holder)
      takenOver.push(...(await takeOverDeadRunners(transaction, context, { migrationId: holder, ownRunner: null })))
      await transaction.query(
        sql`UPDATE ${context.tables.leases} SET migration_id = ${migrationId}, acquired_at = clock_timestamp() WHERE table_oid = ${tableOid}::oid`,
      )
    }
    const status = await lockMigration(transaction, context, migrationId, 'SHARE')
    if (!joining.drivenStatuses.includes(status)) return { status, takenOver }
    takenOver.push(...(await takeOverDeadRunners(transaction, context, { migrationId, ownRunner: null })))
    await registerRunner(transaction, context, joining)
    return { status, takenOver }
  })
}

/** Unregisters the runner; the last live one of the migration fences the dead ones and deletes the lease. */
export async function leaveLease(
  context: EngineContext,
  { migrationId, tableOid, runnerId }: Omit<Joining, 'drivenStatuses'>,
): Promise<void> {
  const { tables } = context
  await inWritingTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`SELECT migration_id FROM ${tables.leases} WHERE table_oid = ${tableOid}::oid AND migration_id = ${migrationId} FOR NO KEY UPDATE`,
    )
    await transaction.query(sql`DELETE FROM ${tables.runners} WHERE id = ${runnerId}`)
    if (rows.length === 0) return
    const others = await listRunners(transaction, context, migrationId)
    if (others.some(({ isLive }) => isLive)) return
    // A frozen runner must not wake up as the holder of a claim on a table that is nobody's any more.
    await takeOverDeadRunners(transaction, context, { migrationId, ownRunner: null })
    await transaction.query(
      sql`DELETE FROM ${tables.leases} WHERE table_oid = ${tableOid}::oid AND migration_id = ${migrationId}`,
    )
  })
}

/** Takes over the claims of the migration's runners that died meanwhile. Waits for what their backends still do. */
export async function takeOverStale(
  context: EngineContext,
  { migration, scoped, runnerId }: Drive,
): Promise<readonly TakenOver[]> {
  return inWritingTransaction(context, async (transaction) => {
    const { rowCount } = await transaction.query(
      sql`SELECT 1 FROM ${context.tables.leases}
           WHERE table_oid = ${scoped.table.oid}::oid AND migration_id = ${migration.id} FOR NO KEY UPDATE`,
    )
    return rowCount === 0
      ? []
      : takeOverDeadRunners(transaction, context, { migrationId: migration.id, ownRunner: runnerId })
  })
}

/** Renews the heartbeat by the server's clock. Returns false when the runner was declared dead. */
export async function beat(context: EngineContext, runnerId: string): Promise<boolean> {
  const { rowCount } = await inWritingTransaction(context, (transaction) =>
    transaction.query(
      sql`UPDATE ${context.tables.runners} SET heartbeat_at = clock_timestamp() WHERE id = ${runnerId}`,
    ),
  )
  return rowCount === 1
}

async function insertLease(
  transaction: Transaction,
  { tables }: EngineContext,
  tableOid: string,
  migrationId: string,
): Promise<void> {
  // Waits for whoever inserts the same row right now.
  await transaction.query(
    sql`INSERT INTO ${tables.leases} (table_oid, migration_id) VALUES (${tableOid}::oid, ${migrationId}) ON CONFLICT (table_oid) DO NOTHING`,
  )
}

async function readHolder(transaction: Transaction, { tables }: EngineContext, tableOid: string): Promise<string> {
  const { rows } = await transaction.query(
    sql`SELECT migration_id::text AS migration_id FROM ${tables.leases} WHERE table_oid = ${tableOid}::oid ${raw('FOR NO KEY UPDATE')}`,
  )
  // Deleted between the insert that met it and this lock: the next try inserts it.
  return onlyRow<{ migration_id: string }>(
    rows,
    new TrancheError('table_busy', 'the table’s lease changed hands at this very moment', { remedy: 'Try again.' }),
  ).migration_id
}

async function assertNoLiveRunner(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
): Promise<void> {
  const live = (await listRunners(transaction, context, migrationId)).find(({ isLive }) => isLive)
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

/** Repeatable: the answer to the COMMIT of joining may have been lost. */
async function registerRunner(
  transaction: Transaction,
  { tables, identity }: EngineContext,
  { runnerId, migrationId }: Joining,
): Promise<void> {
  const { operator, host, bootId, pidNamespace, pid, pidStart, version } = identity
  await transaction.query(
    sql`INSERT INTO ${tables.runners} (id, migration_id, operator, host, boot_id, pid_namespace, pid, pid_start, version)
        VALUES (${runnerId}, ${migrationId}, ${operator}, ${host}, ${bootId}, ${pidNamespace}, ${pid}, ${pidStart}, ${version})
        ON CONFLICT (id) DO NOTHING`,
  )
}
