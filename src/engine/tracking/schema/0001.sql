-- Tracking schema, version 1. {{schema}} is replaced by the quoted schema name; statements run in one transaction.
-- The three batched_background_migration* tables have GitLab's names, columns, types and status codes, so that the
-- queries of its documentation run on them. Everything else is Tranche's own and stands beside them.

CREATE TABLE {{schema}}.meta (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  schema_version integer NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now(),
  installed_by text NOT NULL
);

CREATE TABLE {{schema}}.batched_background_migrations (
  id bigserial PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  min_value bigint,
  max_value bigint,
  batch_size integer NOT NULL,
  sub_batch_size integer NOT NULL,
  "interval" smallint NOT NULL DEFAULT 120,
  status smallint NOT NULL DEFAULT 0,
  job_class_name text NOT NULL,
  batch_class_name text NOT NULL DEFAULT 'PrimaryKeyBatchingStrategy',
  table_name text NOT NULL,
  column_name text NOT NULL,
  job_arguments jsonb NOT NULL DEFAULT '[]',
  total_tuple_count bigint,
  pause_ms integer NOT NULL DEFAULT 100,
  max_batch_size integer,
  started_at timestamptz,
  on_hold_until timestamptz,
  gitlab_schema text NOT NULL,
  finished_at timestamptz,
  queued_migration_version text,
  min_cursor jsonb,
  max_cursor jsonb,
  CONSTRAINT check_batch_size_in_range CHECK (batch_size >= sub_batch_size),
  CONSTRAINT check_sub_batch_size_positive CHECK (sub_batch_size > 0),
  CONSTRAINT check_max_value_in_range CHECK (max_value >= min_value),
  CONSTRAINT check_pause_ms_not_negative CHECK (pause_ms >= 0),
  CONSTRAINT check_interval_not_negative CHECK ("interval" >= 0),
  CONSTRAINT check_status_known CHECK (status IN (0, 1, 3, 4, 5, 6)),
  CONSTRAINT check_job_class_name_length CHECK (char_length(job_class_name) <= 100),
  CONSTRAINT check_batch_class_name_length CHECK (char_length(batch_class_name) <= 100),
  CONSTRAINT check_gitlab_schema_length CHECK (char_length(gitlab_schema) <= 255),
  CONSTRAINT check_queued_migration_version_length CHECK (char_length(queued_migration_version) <= 14),
  CONSTRAINT check_job_arguments_array CHECK (jsonb_typeof(job_arguments) = 'array'),
  CONSTRAINT check_cursors_array CHECK (jsonb_typeof(min_cursor) = 'array' AND jsonb_typeof(max_cursor) = 'array'),
  CONSTRAINT check_values_or_cursors CHECK (
    (min_value IS NOT NULL AND max_value IS NOT NULL) OR (min_cursor IS NOT NULL AND max_cursor IS NOT NULL)
  )
);

CREATE INDEX index_batched_migrations_on_status ON {{schema}}.batched_background_migrations (status);
CREATE UNIQUE INDEX index_batched_migrations_on_unique_configuration
  ON {{schema}}.batched_background_migrations (job_class_name, table_name, column_name, job_arguments);
CREATE UNIQUE INDEX index_batched_migrations_on_gitlab_schema_and_unique_configuration
  ON {{schema}}.batched_background_migrations (gitlab_schema, job_class_name, table_name, column_name, job_arguments);
CREATE UNIQUE INDEX index_batched_migrations_on_queued_migration_version
  ON {{schema}}.batched_background_migrations (queued_migration_version);

CREATE TABLE {{schema}}.batched_background_migration_jobs (
  id bigserial PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  batched_background_migration_id bigint NOT NULL
    REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  min_value bigint,
  max_value bigint,
  batch_size integer NOT NULL,
  sub_batch_size integer NOT NULL,
  status smallint NOT NULL DEFAULT 0,
  attempts smallint NOT NULL DEFAULT 0,
  metrics jsonb NOT NULL DEFAULT '{}',
  pause_ms integer NOT NULL DEFAULT 100,
  min_cursor jsonb,
  max_cursor jsonb,
  CONSTRAINT check_job_pause_ms_not_negative CHECK (pause_ms >= 0),
  CONSTRAINT check_job_status_known CHECK (status IN (0, 1, 2, 3)),
  CONSTRAINT check_job_cursors_array CHECK (jsonb_typeof(min_cursor) = 'array' AND jsonb_typeof(max_cursor) = 'array'),
  CONSTRAINT check_job_values_or_cursors CHECK (
    (min_value IS NOT NULL AND max_value IS NOT NULL) OR (min_cursor IS NOT NULL AND max_cursor IS NOT NULL)
  )
);

CREATE INDEX index_batched_jobs_on_migration_id_and_id
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, id);
CREATE INDEX index_batched_jobs_on_migration_id_and_status
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, status);
CREATE INDEX index_batched_jobs_on_migration_id_and_finished_at
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, finished_at);
CREATE INDEX index_batched_jobs_on_migration_id_and_max_value
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, max_value);
CREATE INDEX index_batched_jobs_on_migration_id_and_max_cursor
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, max_cursor)
  WHERE max_cursor IS NOT NULL;
-- The safety net under the planning frontier: two runners can never make the same job.
CREATE UNIQUE INDEX index_batched_jobs_on_unique_min_value
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, min_value);
CREATE UNIQUE INDEX index_batched_jobs_on_unique_min_cursor
  ON {{schema}}.batched_background_migration_jobs (batched_background_migration_id, min_cursor);

CREATE TABLE {{schema}}.batched_background_migration_job_transition_logs (
  id bigserial,
  batched_background_migration_job_id bigint NOT NULL
    REFERENCES {{schema}}.batched_background_migration_jobs (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  previous_status smallint NOT NULL,
  next_status smallint NOT NULL,
  exception_class text,
  exception_message text,
  PRIMARY KEY (id, created_at)
);

CREATE INDEX index_batched_job_transition_logs_on_job_id
  ON {{schema}}.batched_background_migration_job_transition_logs (batched_background_migration_job_id);

-- What Tranche knows about a migration beyond GitLab's columns; written at queue time, but for finalizing_from.
CREATE TABLE {{schema}}.migration_details (
  migration_id bigint PRIMARY KEY REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  table_oid oid NOT NULL,
  column_types text[] NOT NULL,
  strategy text NOT NULL,
  search_path text NOT NULL,
  definition_hash text NOT NULL,
  -- The status that finalizing came from, kept so that a stopped finalize can restore it.
  finalizing_from smallint
);

CREATE TABLE {{schema}}.runners (
  id uuid PRIMARY KEY,
  migration_id bigint NOT NULL REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  operator text NOT NULL,
  host text NOT NULL,
  boot_id text,
  pid_namespace text,
  pid integer NOT NULL,
  pid_start text,
  version text NOT NULL,
  -- A migration is finalizing only while a live runner that finalizes is here.
  is_finalizing boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Names the one migration that may write a table now.
CREATE TABLE {{schema}}.table_leases (
  table_oid oid PRIMARY KEY,
  migration_id bigint NOT NULL REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  acquired_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How far jobs have been made. next_bound is exclusive; NULL: from the minimum.
CREATE TABLE {{schema}}.planning_frontier (
  migration_id bigint PRIMARY KEY REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  next_bound text[],
  is_exhausted boolean NOT NULL DEFAULT false
);

-- Updated once per sub-batch. Nothing that changes there is indexed, and pages keep room, so that updates stay HOT.
CREATE TABLE {{schema}}.job_progress (
  job_id bigint PRIMARY KEY REFERENCES {{schema}}.batched_background_migration_jobs (id) ON DELETE CASCADE,
  migration_id bigint NOT NULL,
  runner_id uuid,
  epoch bigint NOT NULL DEFAULT 0,
  -- The end of the last committed sub-batch; NULL before the first.
  "cursor" text[],
  -- The tile of the migration's range that this job answers for: exclusive (NULL: from the minimum), inclusive.
  planned_from text[],
  planned_to text[] NOT NULL,
  scanned bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  unresolved bigint NOT NULL DEFAULT 0,
  quarantined bigint NOT NULL DEFAULT 0,
  counts_exact boolean NOT NULL DEFAULT true,
  sub_batches integer NOT NULL DEFAULT 0,
  -- Takeovers and releases: each takes the attempt back, but from the 16th on it counts.
  releases integer NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE INDEX index_job_progress_on_migration_id ON {{schema}}.job_progress (migration_id);

CREATE TABLE {{schema}}.quarantine (
  id bigserial PRIMARY KEY,
  migration_id bigint NOT NULL REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  job_id bigint NOT NULL,
  row_key text[] NOT NULL,
  error_class text NOT NULL,
  error_message text NOT NULL,
  error_stack text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (migration_id, row_key)
);

CREATE TABLE {{schema}}.samples (
  migration_id bigint NOT NULL REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  row_key text[] NOT NULL,
  before_values jsonb NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration_id, ordinal)
);

CREATE TABLE {{schema}}.events (
  id bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  migration_id bigint,
  job_id bigint,
  kind text NOT NULL,
  operator text NOT NULL,
  host text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX index_events_on_migration_id_and_id ON {{schema}}.events (migration_id, id);

CREATE TABLE {{schema}}.definition_snapshots (
  migration_id bigint PRIMARY KEY REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  hash text NOT NULL,
  file text NOT NULL,
  files jsonb NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE {{schema}}.verifications (
  id bigserial PRIMARY KEY,
  migration_id bigint NOT NULL REFERENCES {{schema}}.batched_background_migrations (id) ON DELETE CASCADE,
  verified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  operator text NOT NULL,
  definition_hash text NOT NULL,
  holds boolean NOT NULL,
  -- The table's write counters as they stood; a proof is stale once they moved.
  write_counters jsonb,
  result jsonb NOT NULL
);

CREATE INDEX index_verifications_on_migration_id_and_id ON {{schema}}.verifications (migration_id, id);

-- Requeued and deleted migrations, still readable.
CREATE TABLE {{schema}}.archive (
  id bigserial PRIMARY KEY,
  archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL,
  operator text NOT NULL,
  migration jsonb NOT NULL,
  jobs jsonb NOT NULL,
  transition_logs jsonb NOT NULL
);

-- A runner is live while its heartbeat is younger than 30 s, counted from the server's start at the earliest: after an
-- outage nobody is dead at once.
CREATE FUNCTION {{schema}}.is_live(heartbeat timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT greatest(heartbeat, pg_postmaster_start_time()) > clock_timestamp() - interval '30 seconds'
$$;

-- The guard of a sub-batch, a statement of its own before the author's. It locks the job's progress row, which a
-- takeover must also lock, and only then reads the migration's status. Volatile PL/pgSQL under READ COMMITTED: each
-- statement in it has its own snapshot, so what it reads is what holds while the lock is held. Folded into the author's
-- statement as a condition it would be unsafe: while that waits for a row lock a takeover commits, and it then writes.
-- At its end it has the server count what this transaction writes as soon as it is committed, not up to ten seconds
-- later: a proof that was made right after a run would be called stale by the writes of that very run.
CREATE FUNCTION {{schema}}.guard_sub_batch(
  guarded_job bigint, expected_epoch bigint, predecessor text[], driven_statuses smallint[]
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  progress record;
  current_status smallint;
BEGIN
  SELECT p.epoch, p."cursor", p.migration_id INTO progress
    FROM {{schema}}.job_progress AS p
   WHERE p.job_id = guarded_job
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'job % has no progress row', guarded_job USING ERRCODE = 'TR001';
  END IF;
  IF progress.epoch <> expected_epoch THEN
    RAISE EXCEPTION 'claim on job % lost: epoch is %, expected %', guarded_job, progress.epoch, expected_epoch
      USING ERRCODE = 'TR002';
  END IF;
  IF progress."cursor" IS DISTINCT FROM predecessor THEN
    RAISE EXCEPTION 'predecessor missing on job %: cursor is %, expected %', guarded_job, progress."cursor", predecessor
      USING ERRCODE = 'TR004';
  END IF;
  SELECT m.status INTO current_status
    FROM {{schema}}.batched_background_migrations AS m
   WHERE m.id = progress.migration_id;
  IF current_status IS NULL OR NOT current_status = ANY (driven_statuses) THEN
    RAISE EXCEPTION 'migration % is not to be driven: status is %', progress.migration_id, current_status
      USING ERRCODE = 'TR003';
  END IF;
  IF current_setting('server_version_num')::integer >= 150000 THEN
    PERFORM pg_stat_force_next_flush();
  END IF;
END
$$;
