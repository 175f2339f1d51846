import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { openStorage } from '../../src/storage/open.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const BEFORE_MS = 1_000
const [OLD, NEW] = [999, 1_000]

/** Two of everything, an old one and a new one. */
const ROWS = `
  INSERT INTO connections (connection_id, name, environment, settings, tracking_schema, created_at_ms, removed_at_ms)
  VALUES ('kept', 'kept', 'staging', '{}', 'tranche', 1, NULL),
         ('gone', 'gone', 'staging', '{}', 'tranche', 1, ${String(OLD)}),
         ('just gone', 'just gone', 'staging', '{}', 'tranche', 1, ${String(NEW)});
  INSERT INTO health_settings VALUES ('gone', '{}', 1);
  INSERT INTO installations VALUES (1, 'kept', 'then', 1), (2, 'gone', 'then', 1), (3, 'kept', 'long ago', 1);
  INSERT INTO events (installation_id, origin, origin_id, at_ms, kind, details)
  VALUES (1, 'journal', 'old', ${String(OLD)}, 'pause', '{}'), (1, 'journal', 'new', ${String(NEW)}, 'pause', '{}'),
         (2, 'journal', 'old', ${String(OLD)}, 'pause', '{}');
  INSERT INTO transitions
  VALUES (1, 1, 'old', '1', '1', ${String(OLD)}, 'running', 'failed', NULL, NULL),
         (1, 2, 'new', '1', '1', ${String(NEW)}, 'running', 'failed', NULL, NULL);
  INSERT INTO runs (run_id, installation_id, migration_id, job_class_name, kind, operator, host, pid, parallel, started_at_ms, ended_at_ms)
  VALUES ('old', 1, '1', 'A', 'run', 'anna', 'laptop', 1, 1, 1, ${String(OLD)}),
         ('long', 1, '1', 'A', 'run', 'anna', 'laptop', 1, 1, 1, ${String(NEW)}),
         ('lost', 1, '1', 'A', 'run', 'anna', 'laptop', 1, 1, ${String(OLD)}, NULL);
  INSERT INTO migrations
  VALUES (1, 'old', 'A', '{"status":"active"}', ${String(OLD)}), (1, 'over', 'A', '{"status":"finalized"}', ${String(NEW)}),
         (1, 'active', 'A', '{"status":"active"}', ${String(NEW)});
  INSERT INTO jobs
  VALUES (1, 'old', 1, '1', '{}', ${String(OLD)}), (1, 'over', 1, '1', '{}', ${String(OLD)}),
         (1, 'over', 2, '2', '{}', ${String(NEW)}), (1, 'active', 1, '1', '{}', ${String(OLD)});
  INSERT INTO settings VALUES ('theme', '"dark"')`

it('removes what is older, and keeps connections, settings and the jobs of what goes on', async () => {
  const folder = await temporaryFolder()
  const storage = await openStorage(folder)
  const database = new Database(join(folder, 'console.db'))
  onTestFinished(() => {
    database.close()
    storage.close()
  })
  database.exec(ROWS)

  const removed = storage.retention.purge(BEFORE_MS)

  const read = (text: string): readonly unknown[] => database.prepare(text).pluck().all()
  expect({
    connections: read('SELECT connection_id FROM connections ORDER BY 1'),
    healthSettings: read('SELECT connection_id FROM health_settings'),
    installations: read('SELECT installation_id FROM installations ORDER BY 1'),
    events: read('SELECT origin_id FROM events'),
    transitions: read('SELECT transition_id FROM transitions'),
    runs: read('SELECT run_id FROM runs'),
    migrations: read('SELECT migration_id FROM migrations ORDER BY 1'),
    jobs: read(`SELECT migration_id || ' ' || job_id FROM jobs ORDER BY 1`),
    settings: read('SELECT name FROM settings'),
  }).toEqual({
    connections: ['just gone', 'kept'],
    healthSettings: [],
    installations: [1, 3],
    events: ['new'],
    transitions: ['new'],
    runs: ['long'],
    migrations: ['active', 'over'],
    jobs: ['active 1', 'over 2'],
    settings: ['theme'],
  })
  expect(removed).toBe(11)
  expect(storage.retention.purge(BEFORE_MS)).toBe(0)
  storage.retention.compact()
})
