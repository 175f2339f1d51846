/** A database as GitLab 18.9 leaves it: its tracking tables with their checks and indexes, and rows in every status. */
const TABLES = `
  CREATE TABLE batched_background_migrations (
    id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
    min_value bigint DEFAULT 1, max_value bigint, batch_size integer NOT NULL, sub_batch_size integer NOT NULL,
    "interval" smallint NOT NULL, status smallint NOT NULL DEFAULT 0, job_class_name text NOT NULL,
    batch_class_name text NOT NULL DEFAULT 'PrimaryKeyBatchingStrategy', table_name text NOT NULL, column_name text NOT NULL,
    job_arguments jsonb NOT NULL DEFAULT '[]', total_tuple_count bigint, pause_ms integer NOT NULL DEFAULT 100,
    max_batch_size integer, started_at timestamptz, on_hold_until timestamptz, gitlab_schema text NOT NULL,
    finished_at timestamptz, queued_migration_version text, min_cursor jsonb, max_cursor jsonb,
    CHECK (batch_size >= sub_batch_size), CHECK (sub_batch_size > 0), CHECK (min_value > 0), CHECK (max_value >= min_value),
    CHECK (pause_ms >= 100), CHECK (char_length(job_class_name) <= 100), CHECK (char_length(table_name) <= 63),
    CHECK (jsonb_typeof(min_cursor) = 'array' AND jsonb_typeof(max_cursor) = 'array'),
    CHECK (num_nulls(min_value, max_value) = 0 OR num_nulls(min_cursor, max_cursor) = 0));
  CREATE UNIQUE INDEX ON batched_background_migrations (job_class_name, table_name, column_name, job_arguments);
  CREATE UNIQUE INDEX ON batched_background_migrations (gitlab_schema, job_class_name, table_name, column_name, job_arguments);
  CREATE UNIQUE INDEX ON batched_background_migrations (queued_migration_version);
  CREATE TABLE batched_background_migration_jobs (
    id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, started_at timestamptz,
    finished_at timestamptz,
    batched_background_migration_id bigint NOT NULL REFERENCES batched_background_migrations (id) ON DELETE CASCADE,
    min_value bigint, max_value bigint, batch_size integer NOT NULL, sub_batch_size integer NOT NULL,
    status smallint NOT NULL DEFAULT 0, attempts smallint NOT NULL DEFAULT 0, metrics jsonb NOT NULL DEFAULT '{}',
    pause_ms integer NOT NULL DEFAULT 100, min_cursor jsonb, max_cursor jsonb,
    CHECK (pause_ms >= 100), CHECK (jsonb_typeof(min_cursor) = 'array' AND jsonb_typeof(max_cursor) = 'array'),
    CHECK (num_nulls(min_value, max_value) = 0 OR num_nulls(min_cursor, max_cursor) = 0));
  CREATE INDEX ON batched_background_migration_jobs (batched_background_migration_id, status);
  CREATE SEQUENCE batched_background_migration_job_transition_logs_id_seq;
  CREATE TABLE batched_background_migration_job_transition_logs (
    id bigint NOT NULL DEFAULT nextval('batched_background_migration_job_transition_logs_id_seq'),
    batched_background_migration_job_id bigint NOT NULL REFERENCES batched_background_migration_jobs (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, previous_status smallint NOT NULL,
    next_status smallint NOT NULL, exception_class text CHECK (char_length(exception_class) <= 100),
    exception_message text CHECK (char_length(exception_message) <= 1000), PRIMARY KEY (id, created_at)
  ) PARTITION BY RANGE (created_at);
  CREATE TABLE transition_logs_2026 PARTITION OF batched_background_migration_job_transition_logs
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`

/** Migrations 1 to 7: paused, active, finished, failed, finalizing, finalized, and a failed one over cursors. */
const ROWS = `
  CREATE TABLE routes (id bigint PRIMARY KEY); INSERT INTO routes SELECT generate_series(1, 1000);
  INSERT INTO batched_background_migrations
    (created_at, updated_at, max_value, batch_size, sub_batch_size, "interval", status, job_class_name, table_name, column_name,
     total_tuple_count, gitlab_schema, started_at)
  SELECT '2026-03-01', '2026-03-01', 1000, 200, 20, 120, status, 'Backfill' || status, 'routes', 'id', 1000, 'gitlab_main', '2026-03-01'
    FROM unnest(ARRAY[0, 1, 3, 4, 5, 6]) WITH ORDINALITY AS s (status, n) ORDER BY n;
  INSERT INTO batched_background_migrations
    (created_at, updated_at, min_value, batch_size, sub_batch_size, "interval", status, job_class_name, table_name, column_name,
     gitlab_schema, min_cursor, max_cursor)
  VALUES ('2026-03-01', '2026-03-01', NULL, 200, 20, 120, 4, 'BackfillCursor', 'routes', 'id', 'gitlab_ci', '[1]', '[1000]');
  INSERT INTO batched_background_migration_jobs
    (created_at, updated_at, started_at, finished_at, batched_background_migration_id, min_value, max_value, batch_size,
     sub_batch_size, status, attempts, metrics)
  SELECT '2026-03-01', '2026-03-01', '2026-03-01 01:00', '2026-03-01 01:01', m.id, j.low, j.low + 199, 200, 20, j.status, j.attempts,
         CASE WHEN j.status = 3 THEN '{"timings": {"update_all": [0.1, 0.2]}, "affected_rows": {"update_all": [20, 15]}}'::jsonb ELSE '{}' END
    FROM batched_background_migrations AS m,
         (VALUES (1, 3, 1), (201, 2, 3), (401, 2, 1), (601, 1, 1), (801, 0, 0)) AS j (low, status, attempts)
   WHERE m.min_value IS NOT NULL ORDER BY m.id, j.low;
  INSERT INTO batched_background_migration_jobs
    (created_at, updated_at, batched_background_migration_id, batch_size, sub_batch_size, status, attempts, min_cursor, max_cursor)
  SELECT '2026-03-01', '2026-03-01', id, 200, 20, 2, 3, '[1]', '[200]' FROM batched_background_migrations WHERE min_value IS NULL;
  INSERT INTO batched_background_migration_job_transition_logs
    (batched_background_migration_job_id, created_at, updated_at, previous_status, next_status, exception_class, exception_message)
  SELECT id, '2026-03-01', '2026-03-01', 1, 2, 'ActiveRecord::QueryCanceled', 'PG::QueryCanceled: ERROR: canceling statement'
    FROM batched_background_migration_jobs WHERE status = 2`

export const GITLAB_SCHEMA = `${TABLES}; ${ROWS}`
