/**
 * The lease names the one worker that may run operations of a connection. Nothing is bound to a session: it is a row with
 * a heartbeat, and an epoch that only rises. Every write of a worker locks that row first and finds its own epoch there,
 * or writes nothing. Lock order: lease → records → log.
 */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedWorkerValue } from '../../shared/stepped-view.ts'
import { withContentionRetries } from '../contention.ts'
import { type EngineContext, inWritingTransaction, onlyRow } from '../context.ts'
import { isGoneHere, type ProcessRow } from '../gone-here.ts'
import { keepBeating } from '../heartbeat.ts'
import { kindOfError } from '../target/sqlstate.ts'
import type { Transaction } from '../target/transaction.ts'
import { iso } from '../tracking/tables.ts'

const BEAT_TIMEOUT_MS = 2_000

/** Somebody else holds the lease by now; what was about to be written was not. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** The database of the records is away; the operations' own may be well. It is no failure of a migration. */
export class RecordsUnreachable extends Error {
  override readonly name = 'RecordsUnreachable'
}

export interface HeldLease {
  readonly connectionId: string
  readonly runnerId: string
  /** Aborted when this worker was declared dead. */
  readonly signal: AbortSignal
  /** Writes to the records while the lease is held. Throws LeaseLost, RecordsUnreachable. */
  write<T>(body: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Whether it is still held, asked once: whoever asks may have a transaction open elsewhere. Throws as `write` does. */
  check(): Promise<void>
  /** Gives it back; does nothing where it was lost. */
  release(): Promise<void>
}

interface LeaseRow extends ProcessRow {
  readonly runner_id: string | null
  readonly operator: string
  readonly heartbeat_at: string
  readonly is_live: boolean
}

/** Who holds the lease, or did not give it back; null: nobody. `isLocked` keeps it from changing hands meanwhile. */
export async function readHolder(
  transaction: Transaction,
  context: EngineContext,
  connectionId: string,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): Promise<SteppedWorkerValue | null> {
  const { tables } = context
  const { rows } = await transaction.query(
    sql`SELECT runner_id, operator, host, boot_id, pid_namespace, pid, pid_start,
               ${iso('heartbeat_at')} AS heartbeat_at, ${tables.isLive}(heartbeat_at) AS is_live
          FROM ${tables.stepped.leases} WHERE connection_id = ${connectionId} ${isLocked ? sql`FOR NO KEY UPDATE` : sql``}`,
  )
  const [row] = rows as unknown as LeaseRow[]
  if (row?.runner_id === undefined || row.runner_id === null) return null
  return {
    runnerId: row.runner_id,
    operator: row.operator,
    host: row.host,
    pid: row.pid,
    heartbeatAt: row.heartbeat_at,
    isLive: row.is_live && !isGoneHere(row, context),
  }
}

/** Takes the lease, also from a dead worker, and keeps it alive. Answers the holder where a live one has it. */
export async function takeLease(
  context: EngineContext,
  connectionId: string,
): Promise<HeldLease | { readonly holder: SteppedWorkerValue }> {
  const runnerId = context.random.uuid()
  const taken = await withContentionRetries(context, () =>
    inWritingTransaction(context, async (transaction) => {
      const holder = await lockLease(transaction, context, connectionId)
      return holder?.isLive === true ? holder : await raiseEpoch(transaction, context, connectionId, runnerId)
    }),
  )
  return typeof taken === 'string' ? hold(context, { connectionId, runnerId, epoch: taken }) : { holder: taken }
}

/**
 * For what an operator does to records: nobody may be at work on them, and whoever was, and wakes up, is fenced out.
 * Throws already_running.
 */
export async function lockIdleLease(
  transaction: Transaction,
  context: EngineContext,
  connectionId: string,
): Promise<void> {
  const holder = await lockLease(transaction, context, connectionId)
  if (holder?.isLive === true) {
    const who = `${holder.operator} on ${holder.host} (pid ${String(holder.pid)})`
    throw new TrancheError('already_running', `${who} runs stepped migrations right now`, {
      remedy: 'Stop that worker first; one that died counts for 30 seconds more.',
      details: { worker: holder },
    })
  }
  await raiseEpoch(transaction, context, connectionId, null)
}

async function lockLease(
  transaction: Transaction,
  context: EngineContext,
  connectionId: string,
): Promise<SteppedWorkerValue | null> {
  await transaction.query(
    sql`INSERT INTO ${context.tables.stepped.leases} (connection_id) VALUES (${connectionId}) ON CONFLICT DO NOTHING`,
  )
  return readHolder(transaction, context, connectionId, { isLocked: true })
}

async function raiseEpoch(
  transaction: Transaction,
  { tables, identity }: EngineContext,
  connectionId: string,
  runnerId: string | null,
): Promise<string> {
  const { operator, host, bootId, pidNamespace, pid, pidStart } = identity
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.stepped.leases}
           SET epoch = epoch + 1, runner_id = ${runnerId}, operator = ${operator}, host = ${host}, boot_id = ${bootId},
               pid_namespace = ${pidNamespace}, pid = ${pid}, pid_start = ${pidStart}, heartbeat_at = clock_timestamp()
         WHERE connection_id = ${connectionId} RETURNING epoch`,
  )
  return onlyRow<{ epoch: string }>(rows, 'the lease vanished').epoch
}

function hold(
  context: EngineContext,
  {
    connectionId,
    runnerId,
    epoch,
  }: { readonly connectionId: string; readonly runnerId: string; readonly epoch: string },
): HeldLease {
  const { leases } = context.tables.stepped
  const lost = new AbortController()
  const beating = new AbortController()
  const own = sql`connection_id = ${connectionId} AND epoch = ${epoch} AND runner_id = ${runnerId}`
  const heart = keepBeating(context, beating.signal, async () => {
    const { rowCount } = await inWritingTransaction(
      context,
      (transaction) => transaction.query(sql`UPDATE ${leases} SET heartbeat_at = clock_timestamp() WHERE ${own}`),
      { statementTimeoutMs: BEAT_TIMEOUT_MS, lockTimeoutMs: BEAT_TIMEOUT_MS, answerGraceMs: BEAT_TIMEOUT_MS },
    )
    if (rowCount === 1) return true
    lost.abort(new LeaseLost('this worker was declared dead'))
    return false
  })
  const once = async <T>(body: (transaction: Transaction) => Promise<T>): Promise<T> =>
    inWritingTransaction(context, async (transaction) => {
      const { rowCount } = await transaction.query(sql`SELECT FROM ${leases} WHERE ${own} FOR NO KEY UPDATE`)
      if (rowCount !== 1) throw new LeaseLost('another worker holds the lease by now')
      return body(transaction)
    })
  return {
    connectionId,
    runnerId,
    signal: lost.signal,
    write: (body) => ofRecords(() => withContentionRetries(context, () => once(body))),
    check: () => ofRecords(() => once(() => Promise.resolve())),
    async release() {
      beating.abort()
      await heart
      try {
        await inWritingTransaction(context, (transaction) =>
          transaction.query(sql`UPDATE ${leases} SET runner_id = NULL WHERE ${own}`),
        )
      } catch (error) {
        // What led here is what to tell; a lease that was not given back ends with its heartbeat.
        const message = error instanceof Error ? error.message : String(error)
        context.logger.log('warn', 'the lease was not given back', { message })
      }
    },
  }
}

async function ofRecords<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (kindOfError(error) !== 'connection') throw error
    throw new RecordsUnreachable(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
