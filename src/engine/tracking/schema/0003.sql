-- Stepped migrations: ordered, version-numbered, made of operations. The columns are those of GitLab's
-- ai_active_context_connections, …_collections and …_migrations; the error text is unbounded here.

CREATE TABLE {{schema}}.stepped_connections (
  id bigserial PRIMARY KEY,
  name text NOT NULL UNIQUE,
  adapter_class text NOT NULL DEFAULT 'postgresql',
  -- NULL: the database that holds this row; else a logical database's name, or an address without a password.
  adapter text,
  prefix text NOT NULL,
  vector_storage text NOT NULL DEFAULT 'vector',
  is_indexing_enabled boolean NOT NULL DEFAULT true,
  active boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT check_stepped_adapter_class_known CHECK (adapter_class = 'postgresql'),
  CONSTRAINT check_stepped_vector_storage_known CHECK (vector_storage IN ('vector', 'real'))
);

CREATE UNIQUE INDEX index_stepped_connections_on_active ON {{schema}}.stepped_connections (active) WHERE active;

CREATE TABLE {{schema}}.stepped_collections (
  id bigserial PRIMARY KEY,
  connection_id bigint NOT NULL REFERENCES {{schema}}.stepped_connections (id) ON DELETE CASCADE,
  name text NOT NULL,
  number_of_partitions integer NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  options jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT check_stepped_collection_partitions_positive CHECK (number_of_partitions >= 1),
  UNIQUE (connection_id, name)
);

-- One row per connection and version: another active connection runs them all again, for itself.
CREATE TABLE {{schema}}.stepped_migrations (
  id bigserial PRIMARY KEY,
  connection_id bigint NOT NULL REFERENCES {{schema}}.stepped_connections (id) ON DELETE CASCADE,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  status smallint NOT NULL DEFAULT 0,
  retries_left smallint NOT NULL DEFAULT 3,
  version text NOT NULL,
  -- operations: what is completed, by key; skipped_because, skipped_by, approved, definition_hash.
  metadata jsonb NOT NULL DEFAULT '{}',
  error_message text,
  CONSTRAINT check_stepped_version_format CHECK (version ~ '^[0-9]{14}$'),
  CONSTRAINT check_stepped_status_known CHECK (status IN (0, 1, 10, 100, 255)),
  CONSTRAINT check_stepped_retries_left CHECK (retries_left > 0 OR (retries_left = 0 AND status = 255)),
  UNIQUE (connection_id, version)
);

CREATE INDEX index_stepped_migrations_on_connection_id_and_status
  ON {{schema}}.stepped_migrations (connection_id, status);

-- Names the one worker that may run operations of a connection now. The epoch only ever rises: whoever holds a lower
-- one writes nothing more.
CREATE TABLE {{schema}}.stepped_leases (
  connection_id bigint PRIMARY KEY REFERENCES {{schema}}.stepped_connections (id) ON DELETE CASCADE,
  epoch bigint NOT NULL DEFAULT 0,
  runner_id uuid,
  operator text,
  host text,
  boot_id text,
  pid_namespace text,
  pid integer,
  pid_start text,
  heartbeat_at timestamptz
);

-- What each run did, and every change of a status. Kept when a connection goes.
CREATE TABLE {{schema}}.stepped_logs (
  id bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  connection_id bigint,
  run_id uuid,
  version text,
  level text NOT NULL,
  message text NOT NULL,
  previous_status smallint,
  next_status smallint,
  operator text NOT NULL,
  host text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX index_stepped_logs_on_connection_id_and_id ON {{schema}}.stepped_logs (connection_id, id);
