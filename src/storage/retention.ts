/** History that is old enough goes. Connections and settings stay, and so does what is copied of migrations that still go on. */
import type { SqliteDatabase } from './database.ts'

export interface Retention {
  /** Removes what happened, or was last seen, before that time; returns how many rows that were. May be repeated. */
  purge(beforeMs: number): number
  /** Gives the room of removed rows back to the disk. Takes as long as copying the file. */
  compact(): void
}

/** In this order: rows go before those that they refer to. */
const STEPS = [
  'DELETE FROM events WHERE at_ms < @beforeMs',
  'DELETE FROM transitions WHERE at_ms < @beforeMs',
  // One without an end may still be driven by another console; it goes with its end, or when nobody can be driving it any more.
  'DELETE FROM runs WHERE COALESCE(ended_at_ms, started_at_ms) < @beforeMs',
  'DELETE FROM migrations WHERE copied_at_ms < @beforeMs',
  `DELETE FROM jobs
    WHERE copied_at_ms < @beforeMs
      AND NOT EXISTS (SELECT 1 FROM migrations AS m
                       WHERE m.installation_id = jobs.installation_id AND m.migration_id = jobs.migration_id
                         AND json_extract(m.state, '$.status') NOT IN ('finished', 'finalized'))`,
  // A newest installation tells an open console where its copies are.
  `DELETE FROM installations
    WHERE first_seen_at_ms < @beforeMs
      AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.installation_id = installations.installation_id)
      AND NOT EXISTS (SELECT 1 FROM transitions AS t WHERE t.installation_id = installations.installation_id)
      AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.installation_id = installations.installation_id)
      AND NOT EXISTS (SELECT 1 FROM migrations AS m WHERE m.installation_id = installations.installation_id)
      AND NOT EXISTS (SELECT 1 FROM jobs AS j WHERE j.installation_id = installations.installation_id)
      AND NOT EXISTS (SELECT 1 FROM connections AS c
                       WHERE c.connection_id = installations.connection_id AND c.removed_at_ms IS NULL)`,
  `DELETE FROM health_settings
    WHERE connection_id IN (SELECT connection_id FROM connections WHERE removed_at_ms < @beforeMs)`,
  `DELETE FROM connections
    WHERE removed_at_ms < @beforeMs
      AND NOT EXISTS (SELECT 1 FROM installations AS i WHERE i.connection_id = connections.connection_id)
      AND NOT EXISTS (SELECT 1 FROM sealed_passwords AS s WHERE s.connection_id = connections.connection_id)`,
] as const

export function createRetention(database: SqliteDatabase): Retention {
  const steps = STEPS.map((text) => database.prepare(text))
  const purge = database.transaction((beforeMs: number) =>
    steps.reduce((removed, step) => removed + step.run({ beforeMs }).changes, 0),
  )
  return {
    purge: (beforeMs) => purge.immediate(beforeMs),
    compact() {
      database.exec('VACUUM')
      database.pragma('wal_checkpoint(TRUNCATE)')
    },
  }
}
