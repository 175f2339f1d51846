/** A copy of console.db as it was before its schema was changed, beside it; the last two are kept. */
import { closeSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SqliteDatabase } from './database.ts'

const KEPT = 2
const NAME = /^console-v(\d+)\.db$/

/**
 * Writes `console-v5.db` for a file of version 5. Where another process has upgraded the file meanwhile there is nothing to
 * keep: that one made the copy.
 */
export function backUp(database: SqliteDatabase, file: string, version: number): void {
  const folder = dirname(file)
  const unfinished = join(folder, `console-v${String(version)}.db.${String(process.pid)}`)
  rmSync(unfinished, { force: true })
  // Made here with its mode: SQLite takes an empty file, and would make one with that of the umask.
  closeSync(openSync(unfinished, 'wx', 0o600))
  try {
    database.prepare('VACUUM INTO ?').run(unfinished)
    // It is a copy of before, or of after: an upgrade is one transaction.
    if (versionOf(database) === version) renameSync(unfinished, join(folder, `console-v${String(version)}.db`))
  } finally {
    rmSync(unfinished, { force: true })
  }
  removeOlder(folder)
}

function removeOlder(folder: string): void {
  const versions = readdirSync(folder).flatMap((name) => {
    const version = NAME.exec(name)?.[1]
    return version === undefined ? [] : [Number(version)]
  })
  for (const version of versions.sort((a, b) => b - a).slice(KEPT))
    rmSync(join(folder, `console-v${String(version)}.db`), { force: true })
}

/** Of the schema that the file has. */
export function versionOf(database: SqliteDatabase): number {
  return Number(database.pragma('user_version', { simple: true }))
}
