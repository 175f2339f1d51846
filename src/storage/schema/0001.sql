-- console.db, version 1. Connections and settings are the operator's; everything else is a copy of what targets said, and
-- deletable. Ids of target rows are TEXT (they are 64-bit), times INTEGER milliseconds. No table has a place for a secret.

CREATE TABLE connections (
  connection_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  environment TEXT NOT NULL CHECK (environment IN ('practice', 'development', 'staging', 'production')),
  -- libpq settings by name, without password and sslpassword
  settings TEXT NOT NULL,
  catalogue_folder TEXT,
  tracking_schema TEXT NOT NULL,
  is_practice INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  last_opened_at_ms INTEGER,
  -- Removed ones keep their row: history names them.
  removed_at_ms INTEGER
) STRICT;

CREATE UNIQUE INDEX connections_by_name ON connections (name) WHERE removed_at_ms IS NULL;

-- One installation of a tracking schema on a target. A database that was made anew counts its ids from 1 again, and its
-- rows must not be taken for the old ones.
CREATE TABLE installations (
  installation_id INTEGER PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections (connection_id),
  installed_at TEXT NOT NULL,
  first_seen_at_ms INTEGER NOT NULL,
  UNIQUE (connection_id, installed_at)
) STRICT;

CREATE TABLE migrations (
  installation_id INTEGER NOT NULL REFERENCES installations (installation_id),
  migration_id TEXT NOT NULL,
  job_class_name TEXT NOT NULL,
  state TEXT NOT NULL,
  copied_at_ms INTEGER NOT NULL,
  PRIMARY KEY (installation_id, migration_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  run_number INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  installation_id INTEGER NOT NULL REFERENCES installations (installation_id),
  migration_id TEXT NOT NULL,
  job_class_name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('run', 'finalize')),
  operator TEXT NOT NULL,
  host TEXT NOT NULL,
  -- Of the console: a run whose process is gone is over, whatever its row says.
  pid INTEGER NOT NULL,
  pid_start TEXT,
  parallel INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  reason TEXT,
  jobs_run INTEGER NOT NULL DEFAULT 0,
  scanned INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;

CREATE INDEX runs_by_installation ON runs (installation_id, run_number);

CREATE TABLE jobs (
  installation_id INTEGER NOT NULL REFERENCES installations (installation_id),
  migration_id TEXT NOT NULL,
  -- As a number for its order; the id itself is job_id.
  job_number INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  cell TEXT NOT NULL,
  copied_at_ms INTEGER NOT NULL,
  PRIMARY KEY (installation_id, migration_id, job_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions (
  installation_id INTEGER NOT NULL REFERENCES installations (installation_id),
  transition_number INTEGER NOT NULL,
  transition_id TEXT NOT NULL,
  migration_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  previous_status TEXT NOT NULL,
  next_status TEXT NOT NULL,
  exception_class TEXT,
  exception_message TEXT,
  PRIMARY KEY (installation_id, transition_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX transitions_by_migration ON transitions (installation_id, migration_id, transition_number);

-- The log: the target's journal and transitions as they arrived here, and what only this console saw.
CREATE TABLE events (
  entry_id INTEGER PRIMARY KEY,
  installation_id INTEGER NOT NULL REFERENCES installations (installation_id),
  origin TEXT NOT NULL CHECK (origin IN ('journal', 'transition', 'console')),
  -- The row's id on the target; for the console a number of its own.
  origin_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  migration_id TEXT,
  job_id TEXT,
  kind TEXT NOT NULL,
  operator TEXT,
  host TEXT,
  details TEXT NOT NULL,
  UNIQUE (installation_id, origin, origin_id)
) STRICT;

CREATE INDEX events_by_time ON events (installation_id, at_ms, entry_id);
CREATE INDEX events_by_migration ON events (installation_id, migration_id, at_ms, entry_id);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
