/** An autovacuum worker on the table, on any partition below it, or on the TOAST of one of them. */
import { raw, sql } from '../../shared/sql.ts'
import { type HealthIndicator, MAY_SEE_SESSIONS, normal, notAvailable, stop, SWITCHED_OFF } from './indicator.ts'

interface Row {
  readonly may_see: boolean
  readonly relation: string | null
  readonly since: string | null
  readonly is_wraparound: boolean | null
}

/**
 * GitLab's AutovacuumActiveOnTable. Writing on would make the worker's pass useless and double its work. A worker against
 * wraparound does not yield to anybody's lock, so it is flagged.
 */
export const autovacuum: HealthIndicator = {
  name: 'autovacuum',
  async observe({ settings, tableOid, ask }) {
    if (!settings.isAutovacuumWatched) return SWITCHED_OFF
    // The server writes its activity as `autovacuum: VACUUM[ ANALYZE] schema.table[ (to prevent wraparound)]`, unquoted.
    const rows = (await ask(
      sql`WITH tree AS (
            SELECT ${tableOid}::oid AS oid UNION SELECT relid FROM pg_partition_tree(${tableOid}::oid::regclass)),
          watched AS (
            SELECT n.nspname || '.' || c.relname AS name
              FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.oid IN (SELECT oid FROM tree)
                OR c.oid IN (SELECT t.reltoastrelid FROM pg_class AS t JOIN tree ON tree.oid = t.oid)),
          worker AS (
            SELECT regexp_replace(a.query, '^autovacuum: VACUUM( ANALYZE)? | [(]to prevent wraparound[)]$', '', 'g') AS relation,
                   to_char(a.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS') AS since,
                   a.query LIKE '%(to prevent wraparound)' AS is_wraparound
              FROM pg_stat_activity AS a
             WHERE a.query LIKE 'autovacuum: VACUUM%' AND a.datname = current_database())
          SELECT (${raw(MAY_SEE_SESSIONS)}) AS may_see, w.relation, w.since, w.is_wraparound
            FROM (SELECT 1) AS one LEFT JOIN (worker AS w JOIN watched ON watched.name = w.relation) ON true
           ORDER BY w.is_wraparound DESC NULLS LAST`,
    )) as unknown as Row[]
    const [first] = rows
    if (first?.may_see !== true) {
      return notAvailable('this role may not see what other sessions do (GRANT pg_monitor or pg_read_all_stats)')
    }
    if (first.relation === null) return normal('no autovacuum worker is at the table', NONE)
    const what = first.is_wraparound === true ? 'autovacuum against wraparound' : 'autovacuum'
    const finding = stop(`${what} is at ${first.relation}${first.since === null ? '' : ` since ${first.since} UTC`}`)
    return { ...finding, value: rows.length, limit: 0, unit: 'workers' }
  },
}

const NONE = { value: 0, limit: 0, unit: 'workers' } as const
