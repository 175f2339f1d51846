/** Opens console.db. Whatever is wrong with it is told, and nothing that is there is ever overwritten. */
import { access, chmod, constants, mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf, TrancheError } from '../shared/errors.ts'
import { type ConnectionRepository, createConnectionRepository } from './connections.ts'
import type { SqliteDatabase } from './database.ts'
import { createEventRepository, type EventRepository } from './events.ts'
import { createHealthSettingsRepository, type HealthSettingsRepository } from './health-settings.ts'
import { createInstallationRepository, type InstallationRepository } from './installations.ts'
import { createJobRepository, type JobRepository } from './jobs.ts'
import { createMigrationRepository, type MigrationRepository } from './migrations.ts'
import { createRetention, type Retention } from './retention.ts'
import { createRunRepository, type RunRepository } from './runs.ts'
import { readSchemaSteps } from './schema-steps.ts'
import { createSealedPasswordRepository, type SealedPasswordRepository } from './sealed-passwords.ts'
import { createSettingsRepository, type SettingsRepository } from './settings.ts'
import { createTransitionRepository, type TransitionRepository } from './transitions.ts'
import { upgrade } from './upgrade.ts'

/** Node-API of better-sqlite3's binary; an older Node dies with it, without a word. */
const NEEDED_NAPI = 10
const BUSY_TIMEOUT_MS = 5_000
const GROUP_OR_WORLD = 0o077

export interface Storage {
  readonly folder: string
  readonly connections: ConnectionRepository
  readonly installations: InstallationRepository
  readonly migrations: MigrationRepository
  readonly runs: RunRepository
  readonly jobs: JobRepository
  readonly transitions: TransitionRepository
  readonly events: EventRepository
  readonly settings: SettingsRepository
  readonly healthSettings: HealthSettingsRepository
  readonly sealedPasswords: SealedPasswordRepository
  readonly retention: Retention
  /** Several writes as one; `body` must not wait for anything. */
  inTransaction<T>(body: () => T): T
  /** Bytes of console.db and of what was not moved into it yet. */
  size(): Promise<number>
  close(): void
}

export interface StorageOptions {
  /** Told what is not as it should be, and does not keep anybody from working. */
  readonly warn?: (message: string) => void
}

/** Throws storage_unavailable, storage_newer, storage_damaged. */
export async function openStorage(folder: string, { warn = () => undefined }: StorageOptions = {}): Promise<Storage> {
  assertNodeCanLoad(process.versions.napi)
  const file = join(folder, 'console.db')
  await prepareFolder(folder, file)
  await warnOfOnlookers(folder, warn)
  const { default: Database } = await import('better-sqlite3')
  const steps = await readSchemaSteps()
  let database: SqliteDatabase | null = null
  try {
    database = new Database(file, { timeout: BUSY_TIMEOUT_MS })
    assertIntact(database, file)
    upgrade(database, steps, file)
    // Only now: it writes to the file, which may have been somebody else's.
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    return repositories(database, file)
  } catch (error) {
    database?.close()
    throw translate(error, file)
  }
}

export function assertNodeCanLoad(napi: string | undefined): void {
  if (Number(napi ?? 0) >= NEEDED_NAPI) return
  throw new TrancheError(
    'storage_unavailable',
    `this Node (${process.version}) offers Node-API ${napi ?? 'nothing'}; the console's file needs ${String(NEEDED_NAPI)}`,
    { remedy: 'Start Tranche through npm start, npx tranche or the installed application: they bring their own Node.' },
  )
}

/**
 * Others on this machine see neither names of servers nor messages of failures. A folder that was there before is somebody's:
 * its mode is left as it is.
 */
async function prepareFolder(folder: string, file: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
    // Made here with its mode, before SQLite would make it with that of the umask.
    await (await open(file, 'a', 0o600)).close()
    await chmod(file, 0o600)
  } catch (cause) {
    throw new TrancheError('storage_unavailable', `${file} cannot be written: ${messageOf(cause)}`, {
      remedy: 'Make the folder writable for this user, or set TRANCHE_HOME to another one.',
      cause,
    })
  }
}

async function warnOfOnlookers(folder: string, warn: (message: string) => void): Promise<void> {
  if (process.platform === 'win32' || ((await stat(folder)).mode & GROUP_OR_WORLD) === 0) return
  warn(
    `others may look into ${folder}, where the console keeps its own file: name a folder of yours with TRANCHE_HOME, or run chmod 700 on it`,
  )
}

function assertIntact(database: SqliteDatabase, file: string): void {
  const answer = String(database.pragma('quick_check(1)', { simple: true }))
  if (answer !== 'ok') throw damaged(file, answer)
}

function repositories(database: SqliteDatabase, file: string): Storage {
  return {
    folder: dirname(file),
    connections: createConnectionRepository(database),
    installations: createInstallationRepository(database),
    migrations: createMigrationRepository(database),
    runs: createRunRepository(database),
    jobs: createJobRepository(database),
    transitions: createTransitionRepository(database),
    events: createEventRepository(database),
    settings: createSettingsRepository(database),
    healthSettings: createHealthSettingsRepository(database),
    sealedPasswords: createSealedPasswordRepository(database),
    retention: createRetention(database),
    inTransaction: (body) => database.transaction(body).immediate(),
    size: () => sizeOf(file),
    close: () => database.close(),
  }
}

async function sizeOf(file: string): Promise<number> {
  const sizes = [file, `${file}-wal`].map(async (path) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

function translate(error: unknown, file: string): unknown {
  if (error instanceof TrancheError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return damaged(file, messageOf(error), error)
  if (!code.startsWith('SQLITE_')) return error
  return new TrancheError('storage_unavailable', `${file} cannot be opened: ${messageOf(error)} (${code})`, {
    remedy: 'Close other consoles that hold it, check the disk, or set TRANCHE_HOME to another folder.',
    cause: error,
  })
}

function damaged(file: string, reason: string, cause?: unknown): TrancheError {
  return new TrancheError('storage_damaged', `${file} is damaged: ${reason}`, {
    remedy:
      'Move it away to start with an empty one (it holds saved connections and the local history; nothing of the targets is lost), or restore it from a backup. The file is left as it is.',
    cause,
  })
}
