/** Brings a file to the newest schema, or refuses it. Several processes may do so at once: one does, the others find it done. */
import { TrancheError } from '../shared/errors.ts'
import type { SqliteDatabase } from './database.ts'
import { backUp, versionOf } from './upgrade-backup.ts'

/** `PRAGMA application_id` of our files ("Trch"), so that nobody else's database is taken for one. */
const APPLICATION_ID = 0x54726368

/** Throws storage_newer, and storage_damaged where the file is a database of something else. Changes nothing then. */
export function upgrade(database: SqliteDatabase, steps: readonly string[], file: string): void {
  assertOurs(database, steps.length, file)
  const version = versionOf(database)
  if (version === steps.length) return
  if (version > 0) backUp(database, file, version)
  // Readers of an exclusive transaction wait, so that whoever comes second sees all of it or nothing.
  database.exec('BEGIN EXCLUSIVE')
  try {
    assertOurs(database, steps.length, file)
    for (const step of steps.slice(versionOf(database))) database.exec(step)
    database.pragma(`application_id = ${String(APPLICATION_ID)}`)
    database.pragma(`user_version = ${String(steps.length)}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function assertOurs(database: SqliteDatabase, known: number, file: string): void {
  const version = versionOf(database)
  if (version > known) {
    throw new TrancheError(
      'storage_newer',
      `${file} was written by a newer Tranche: its schema is ${String(version)}, this program knows ${String(known)}`,
      { remedy: 'Use that newer Tranche, or set TRANCHE_HOME to another folder. The file is left as it is.' },
    )
  }
  const applicationId = Number(database.pragma('application_id', { simple: true }))
  const isEmpty = version === 0 && applicationId === 0 && countTables(database) === 0
  if (isEmpty || applicationId === APPLICATION_ID) return
  throw new TrancheError('storage_damaged', `${file} is a database of another program, not Tranche's`, {
    remedy: 'Move it away, or set TRANCHE_HOME to another folder. The file is left as it is.',
  })
}

function countTables(database: SqliteDatabase): number {
  const row = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number } // one row always
  return row.count
}
