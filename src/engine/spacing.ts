import { raw, type Sql } from '../shared/sql.ts'

/**
 * Seconds that must lie between the starts of two jobs of the migration under the alias: its interval, less GitLab's variance
 * of 5 s, so that a tick which comes a moment early does not wait for the next one. Intervals that GitLab does not allow (below
 * 50 s) give up a tenth at most; a variance of 5 s would make nothing of them.
 */
export function spacing(alias: string): Sql {
  return raw(`(${alias}."interval" - least(5, ${alias}."interval" / 10.0))::float8`)
}
