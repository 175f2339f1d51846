/**
 * Holds: `on_hold_until` in the migration's row, and in the journal which indicator began it, since when, on what value and
 * limit. A hold ends when its time is over and nothing says stop any more, or earlier when the signals clear.
 */
import type { HealthReading, Hold } from '../shared/health.ts'
import { sql, type Sql } from '../shared/sql.ts'
import { inPatientTransaction } from './contention.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { HealthMonitor } from './health/monitor.ts'
import type { Transaction } from './target/transaction.ts'
import { recordEvent } from './tracking/record-event.ts'
import { iso } from './tracking/tables.ts'
import { lockMigration } from './transitions.ts'

const BY_HAND = 'set by hand or by another program'

/** The first reading that says stop; null: go on. */
export function findStop(readings: readonly HealthReading[]): HealthReading | null {
  return readings.find(({ signal }) => signal === 'stop') ?? null
}

/** Puts the migration on hold for its configured length. Does nothing while it is on hold already. */
export async function beginHold(
  context: EngineContext,
  migrationId: string,
  readings: readonly HealthReading[],
): Promise<void> {
  const reading = findStop(readings)
  if (reading === null) return
  const hold = await inPatientTransaction(context, async (transaction) => {
    await lockMigration(transaction, context, migrationId)
    if ((await readHold(transaction, context, migrationId)) !== null) return null
    return writeHold(transaction, context, { migrationId, reading, readings, since: null })
  })
  if (hold !== null) context.emitter.emit('hold:began', { migrationId, ...hold })
}

/**
 * Asks the indicators about a held migration: ends the hold when none says stop, makes it longer when its time is over and one
 * still does. A hold that none of us began is waited out. Returns the hold that is left, or null.
 */
export async function reconsiderHold(
  context: EngineContext,
  monitor: HealthMonitor,
  migrationId: string,
): Promise<Hold | null> {
  const hold = await inTransaction(context, (transaction) => readHold(transaction, context, migrationId))
  if (hold === null) return null
  const { ageSeconds, leftSeconds } = hold
  const checkSeconds = context.limits.holdCheckMs / 1000
  const isOurs = hold.indicator !== null
  if (leftSeconds > 0 && (!isOurs || ageSeconds < checkSeconds)) return hold
  const readings = await monitor.evaluate()
  const reading = findStop(readings)
  if (reading !== null && leftSeconds > checkSeconds) return hold
  const left = await inPatientTransaction(context, async (transaction) => {
    await lockMigration(transaction, context, migrationId)
    const now = await readHold(transaction, context, migrationId)
    // Another runner was quicker.
    if (now?.until !== hold.until) return { hold: now, isChanged: false }
    if (reading === null) {
      await endHold(transaction, context, migrationId, now)
      return { hold: null, isChanged: true }
    }
    const longer = await writeHold(transaction, context, { migrationId, reading, readings, since: now.since })
    return { hold: longer, isChanged: true }
  })
  if (left.isChanged) {
    if (left.hold === null) context.emitter.emit('hold:ended', { migrationId, seconds: ageSeconds })
    else context.emitter.emit('hold:began', { migrationId, ...left.hold })
  }
  return left.hold
}

/** A hold as it stands, with its times by the server's clock. */
export interface StandingHold extends Hold {
  readonly ageSeconds: number
  /** Negative when its time is over and nobody has looked yet. */
  readonly leftSeconds: number
}

/** Without the times that differ each time it is read. */
export function toHold(standing: StandingHold | null): Hold | null {
  if (standing === null) return null
  const { until, since, indicator, reason, value, limit, unit } = standing
  return { until, since, indicator, reason, value, limit, unit }
}

/** null: the migration is not on hold. */
export async function readHold(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  migrationId: string,
): Promise<StandingHold | null> {
  const { rows } = await transaction.query(
    sql`SELECT ${UNTIL} AS until, extract(epoch FROM m.on_hold_until - clock_timestamp())::float8 AS left_seconds,
               e.details->>'since' AS since, e.details->>'indicator' AS indicator, e.details->>'reason' AS reason,
               (e.details->>'value')::float8 AS value, (e.details->>'limit')::float8 AS "limit", e.details->>'unit' AS unit,
               extract(epoch FROM clock_timestamp() - (e.details->>'since')::timestamptz)::float8 AS age_seconds
          FROM ${tables.migrations} AS m
          LEFT JOIN LATERAL (
            SELECT details FROM ${tables.events} AS journal WHERE migration_id = m.id AND kind = 'hold' ORDER BY id DESC LIMIT 1
          ) AS e ON e.details->>'until' = ${UNTIL}
         WHERE m.id = ${migrationId} AND m.on_hold_until IS NOT NULL`,
  )
  const [row] = rows as unknown as HoldRow[]
  if (row === undefined) return null
  const { until, since, indicator, reason, value, limit, unit } = row
  return {
    ...{ until, since, indicator, value, limit, unit },
    reason: reason ?? BY_HAND,
    ageSeconds: row.age_seconds ?? 0,
    leftSeconds: row.left_seconds,
  }
}

const UNTIL: Sql = iso('m.on_hold_until')

interface HoldRow extends Omit<Hold, 'reason'> {
  readonly reason: string | null
  readonly left_seconds: number
  readonly age_seconds: number | null
}

interface Holding {
  readonly migrationId: string
  readonly reading: HealthReading
  readonly readings: readonly HealthReading[]
  /** Of the hold that is made longer. */
  readonly since: string | null
}

async function writeHold(
  transaction: Transaction,
  context: EngineContext,
  { migrationId, reading, readings, since: before }: Holding,
): Promise<Hold> {
  const { holdSeconds } = context.health()
  const { rows } = await transaction.query(
    sql`UPDATE ${context.tables.migrations} AS m
           SET on_hold_until = clock.now + make_interval(secs => ${holdSeconds}), updated_at = clock.now
          FROM (SELECT clock_timestamp() AS now) AS clock
         WHERE id = ${migrationId}
        RETURNING ${UNTIL} AS until, ${iso('clock.now')} AS now`,
  )
  const [row] = rows as { until: string; now: string }[]
  if (row === undefined) throw new Error(`migration ${migrationId} is gone`)
  const { indicator, reason, value, limit, unit } = reading
  const hold: Hold = { until: row.until, since: before ?? row.now, indicator, reason, value, limit, unit }
  await recordEvent(transaction, context, {
    kind: 'hold',
    migrationId,
    details: { ...hold, holdSeconds, isLonger: before !== null, readings },
  })
  return hold
}

async function endHold(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
  { until, since, indicator, ageSeconds, leftSeconds }: StandingHold,
): Promise<void> {
  await transaction.query(
    sql`UPDATE ${context.tables.migrations} SET on_hold_until = NULL, updated_at = clock_timestamp() WHERE id = ${migrationId}`,
  )
  await recordEvent(transaction, context, {
    kind: 'hold_ended',
    migrationId,
    details: { indicator, since, until, seconds: ageSeconds, isEarly: leftSeconds > 0 },
  })
}
