-- A scheduler is a runner without a migration: it drives whatever is due.
ALTER TABLE {{schema}}.runners ALTER COLUMN migration_id DROP NOT NULL;

-- Its foreign key made each quarantined row lock the migration behind the job's progress, against the order of locks.
ALTER TABLE {{schema}}.quarantine DROP CONSTRAINT quarantine_migration_id_fkey;

-- The table's last key at queue time, where the maximum was asked for and may lie below it: rows up to there are not new.
ALTER TABLE {{schema}}.migration_details ADD COLUMN last_key text[];

-- { "rows": N } or { "share": S }, where queueing asked for another error budget than the definition has.
ALTER TABLE {{schema}}.migration_details ADD COLUMN error_budget jsonb;

-- Rows that `transform` left alone, by its reason for it; the most frequent ones, and the rest together.
ALTER TABLE {{schema}}.job_progress ADD COLUMN unresolved_reasons jsonb NOT NULL DEFAULT '{}';

-- Off: no scheduler of this database begins a job.
ALTER TABLE {{schema}}.meta ADD COLUMN is_scheduling_on boolean NOT NULL DEFAULT true;

-- When the last job began is asked before each paced one.
CREATE INDEX index_batched_jobs_on_migration_id_and_started_at
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, started_at);

-- GitLab's view of the same name.
CREATE VIEW {{schema}}.postgres_autovacuum_activity AS
SELECT n.nspname || '.' || c.relname AS table_identifier, n.nspname AS schema, c.relname AS "table",
       a.query_start AS vacuum_start, a.query LIKE '%(to prevent wraparound)%' AS wraparound_prevention
  FROM pg_stat_progress_vacuum AS v
  JOIN pg_stat_activity AS a ON a.pid = v.pid AND a.backend_type = 'autovacuum worker'
  JOIN pg_class AS c ON c.oid = v.relid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE v.datname = current_database();
