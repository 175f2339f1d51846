-- Thresholds of the health indicators, where an operator changed them for a connection.
CREATE TABLE health_settings (
  connection_id TEXT PRIMARY KEY REFERENCES connections (connection_id),
  settings TEXT NOT NULL,
  changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
