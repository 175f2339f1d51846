import { raw, sql, type Sql } from '../shared/sql.ts'
import type { TrackingTables } from './tracking/tables.ts'

/**
 * Seconds that must lie between the starts of two jobs of the migration under the alias: its interval, less GitLab's variance
 * of 5 s, so that a tick which comes a moment early does not wait for the next one. Intervals that GitLab does not allow (below
 * 50 s) give up a tenth at most; a variance of 5 s would make nothing of them.
 */
export function spacing(alias: string): Sql {
  return raw(`(${alias}."interval" - least(5, ${alias}."interval" / 10.0))::float8`)
}

/**
 * When the last job of the migration under the alias began; NULL: none has. A job that was split has no start any more, and counts
 * from then. Each by one probe of an index, whatever the number of jobs is.
 */
export function lastStart({ jobs }: TrackingTables, alias: string): Sql {
  const own = raw(`j.batched_background_migration_id = ${alias}.id`)
  return sql`greatest((SELECT max(j.started_at) FROM ${jobs} AS j WHERE ${own}),
                      (SELECT max(j.updated_at) FROM ${jobs} AS j WHERE ${own} AND j.started_at IS NULL))`
}
