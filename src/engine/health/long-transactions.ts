/** What holds back the xmin horizon: while it stands, no dead row that we leave behind is reclaimed anywhere. */
import { formatMeasure } from '../../shared/health.ts'
import { quoteIdentifier, sql } from '../../shared/sql.ts'
import { type Finding, type HealthIndicator, normal, stop, SWITCHED_OFF } from './indicator.ts'

interface Holder {
  readonly who: string
  readonly seconds: number | null
  readonly xmin_age: number
}

/** Sessions with a snapshot or a transaction id, prepared transactions, and slots; not ours, and not vacuum, which is exempt. */
export const longTransactions: HealthIndicator = {
  name: 'long_transactions',
  async observe({ settings: { maxTransactionSeconds, maxXminAge }, trackingSchema, ask }) {
    if (maxTransactionSeconds === null && maxXminAge === null) return SWITCHED_OFF
    const progress = `${quoteIdentifier(trackingSchema)}.job_progress`
    const holders = (await ask(
      sql`SELECT 'session ' || pid || coalesce(' "' || nullif(application_name, '') || '"', '') AS who,
                 extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds,
                 greatest(age(backend_xmin), age(backend_xid)) AS xmin_age
            FROM pg_stat_activity
           WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
             AND (datname = current_database() OR datname IS NULL)
             AND backend_type IS DISTINCT FROM 'autovacuum worker'
             AND pid NOT IN (SELECT pid FROM pg_locks WHERE relation = to_regclass(${progress})::oid)
          UNION ALL
          SELECT 'prepared transaction "' || gid || '"', extract(epoch FROM clock_timestamp() - prepared)::float8, age(transaction)
            FROM pg_prepared_xacts WHERE database = current_database()
          UNION ALL
          SELECT 'replication slot "' || slot_name || '"', NULL, age(xmin)
            FROM pg_replication_slots WHERE xmin IS NOT NULL`,
    )) as unknown as Holder[]
    return (
      oldest(holders, maxTransactionSeconds) ?? furthest(holders, maxXminAge) ?? calm(holders, maxTransactionSeconds)
    )
  },
}

function oldest(holders: readonly Holder[], limit: number | null): Finding | null {
  const [first] = bySeconds(holders)
  if (limit === null || first === undefined || (first.seconds ?? 0) <= limit) return null
  const value = first.seconds ?? 0
  return stop(`${first.who} is in a transaction for ${formatMeasure(value, 'seconds')}`, {
    value,
    limit,
    unit: 'seconds',
  })
}

function furthest(holders: readonly Holder[], limit: number | null): Finding | null {
  const [first] = [...holders].sort((left, right) => right.xmin_age - left.xmin_age)
  if (limit === null || first === undefined || first.xmin_age <= limit) return null
  const measure = { value: first.xmin_age, limit, unit: 'transactions' } as const
  return stop(`${first.who} keeps back what ${formatMeasure(measure.value, measure.unit)} left dead`, measure)
}

function calm(holders: readonly Holder[], limit: number | null): Finding {
  const [first] = bySeconds(holders)
  if (first === undefined) return normal('nobody is in a transaction', { value: 0, limit: limit ?? 0, unit: 'seconds' })
  const value = first.seconds ?? 0
  return normal(`the longest transaction is ${formatMeasure(value, 'seconds')} old`, {
    value,
    limit: limit ?? 0,
    unit: 'seconds',
  })
}

function bySeconds(holders: readonly Holder[]): readonly Holder[] {
  return [...holders].sort((left, right) => (right.seconds ?? 0) - (left.seconds ?? 0))
}
