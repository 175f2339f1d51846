/** Lets the optimizer decide after a job, and journals what it decided with what it decided on. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { inPatientTransaction } from './contention.ts'
import type { EngineContext } from './context.ts'
import { type Decision, decideBatchSize, JOBS_CONSIDERED, smoothedEfficiency, timeEfficiency } from './optimizer.ts'
import type { Transaction } from './target/transaction.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { lockMigration, unknownMigration } from './transitions.ts'

/**
 * Tunes the batch size of the next jobs. Does nothing with an interval of 0, nor with fewer succeeded jobs than the optimizer
 * looks at. A decision that repeats the last one is not journaled again.
 */
export async function tuneBatchSize(context: EngineContext, migrationId: string): Promise<void> {
  const tuned = await inPatientTransaction(context, async (transaction) => {
    await lockMigration(transaction, context, migrationId)
    const migration = await findMigration(transaction, context.tables, migrationId)
    if (migration === null) throw unknownMigration(migrationId)
    const { batchSize, subBatchSize, maxBatchSize, intervalSeconds } = migration
    if (intervalSeconds === 0) return null
    const durations = await readDurations(transaction, context, migrationId)
    const efficiency = smoothedEfficiency(durations.map((seconds) => timeEfficiency({ seconds }, intervalSeconds)))
    const decision = decideBatchSize(efficiency, { batchSize, subBatchSize, maxBatchSize })
    if (decision === null) return null
    const details = {
      from: batchSize,
      to: decision.batchSize,
      because: decision.because,
      efficiency,
      multiplier: decision.multiplier,
      jobs: durations.length,
      intervalSeconds,
      subBatchSize,
      maxBatchSize,
    }
    if (!(await isNews(transaction, context, { migrationId, batchSize, decision }))) return null
    if (decision.batchSize !== batchSize) await save(transaction, context, { migrationId, ...decision })
    await recordEvent(transaction, context, { kind: 'optimize', migrationId, details })
    return details
  })
  if (tuned !== null) context.emitter.emit('optimizer:decided', { migrationId, ...tuned })
}

/** Of the last succeeded jobs, newest first. */
async function readDurations(
  transaction: Transaction,
  { tables }: EngineContext,
  migrationId: string,
): Promise<readonly (number | null)[]> {
  const { rows } = await transaction.query(
    sql`SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM ${tables.jobs}
         WHERE batched_background_migration_id = ${migrationId} AND status = ${JOB_STATUS_CODES.succeeded}
         ORDER BY finished_at DESC LIMIT ${JOBS_CONSIDERED}`,
  )
  return rows.map(({ seconds }) => seconds as number | null)
}

interface Tuned {
  readonly migrationId: string
  readonly batchSize: number
  readonly decision: Decision
}

async function isNews(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, batchSize, decision }: Tuned,
): Promise<boolean> {
  if (decision.batchSize !== batchSize) return true
  const { rows } = await transaction.query(
    sql`SELECT details->>'because' AS because, (details->>'to')::bigint AS size FROM ${tables.events}
         WHERE migration_id = ${migrationId} AND kind = 'optimize' ORDER BY id DESC LIMIT 1`,
  )
  const [last] = rows as { because: string; size: string }[]
  return last?.because !== decision.because || Number(last.size) !== batchSize
}

async function save(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, batchSize }: { readonly migrationId: string; readonly batchSize: number },
): Promise<void> {
  await transaction.query(
    sql`UPDATE ${tables.migrations} SET batch_size = ${batchSize}, updated_at = clock_timestamp() WHERE id = ${migrationId}`,
  )
}
