/** Pauses, resumes and retries of GitLab's own rows: kept in console.db of this machine, since nothing of ours is written there. */
import { randomUUID } from 'node:crypto'
import type { AttachedAction } from '../host/attached-journal.ts'
import { recordAttached } from '../host/attached-journal.ts'
import { packageVersion } from '../host/package-version.ts'
import { systemIdentity } from '../host/system/identity.ts'
import type { EventValue } from '../shared/cli-output.ts'
import type { JournalEntry } from '../shared/history-view.ts'
import { dataFolder } from '../storage/data-folder.ts'
import { openStorage, type Storage } from '../storage/open.ts'
import type { Opened, Session } from './session.ts'

const PAGE = 500

/** What is done is done: where it cannot be kept, that is told and nothing more. */
export async function keepAction(
  opened: Opened,
  { env, terminal }: Session,
  action: Omit<AttachedAction, 'installedAt'>,
): Promise<void> {
  try {
    const installedAt = await opened.engine.installedAt()
    await withStorage(env, (storage) => {
      const { installations } = storage
      if (installations.listSame(installedAt).length === 0)
        installations.see(unlisted(storage, opened), installedAt, Date.now())
      recordAttached(storage, systemIdentity(packageVersion()), { ...action, installedAt })
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    terminal.note(`! It was not written down on this machine: ${message}`)
  }
}

/** What was done from this machine, oldest first, behind the entry `after`. */
export async function readActions(
  { engine }: Pick<Opened, 'engine'>,
  { env }: Session,
  migrationId: string,
  after = '0',
): Promise<readonly EventValue[]> {
  const installedAt = await engine.installedAt()
  return withStorage(env, ({ installations, events }) => {
    const [installationId] = installations.listSame(installedAt)
    if (installationId === undefined) return []
    const found: JournalEntry[] = []
    const query = { installationId, migrationId, only: 'actions', limit: PAGE } as const
    for (let next: string | null = null; ;) {
      const page = events.page({ ...query, after: next })
      found.push(...page.items)
      next = page.next
      if (next === null) break
    }
    return found
      .reverse()
      .map(eventOf)
      .filter(({ id }) => BigInt(id) > BigInt(after))
  })
}

async function withStorage<T>(env: Session['env'], body: (storage: Storage) => T): Promise<T> {
  const storage = await openStorage(dataFolder(env))
  try {
    return body(storage)
  } finally {
    storage.close()
  }
}

/** A place that no console has seen: its row is needed, and is not among the saved connections. */
function unlisted({ connections }: Storage, { target, trackingSchema, environment, database }: Opened): string {
  const connectionId = randomUUID()
  connections.save({
    connectionId,
    name: target.description,
    environment: environment ?? 'development',
    settings: { dbname: target.database },
    catalogueFolder: null,
    trackingSchema,
    logicalDatabase: database,
    otherDatabases: {},
    isPractice: false,
    productionUntilMs: null,
    createdAtMs: Date.now(),
    lastOpenedAtMs: null,
    passwordCommand: null,
  })
  connections.remove(connectionId, Date.now())
  return connectionId
}

function eventOf({ entryId, atMs, migrationId, jobId, kind, operator, host, details }: JournalEntry): EventValue {
  const at = new Date(atMs).toISOString()
  return { id: entryId, at, migrationId, jobId, kind, operator: operator ?? '', host: host ?? '', details }
}
