-- Passwords as the system's keychain sealed them: of no use in any other program, or to any other user.
CREATE TABLE sealed_passwords (
  connection_id TEXT PRIMARY KEY REFERENCES connections (connection_id),
  sealed TEXT NOT NULL,
  sealed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
