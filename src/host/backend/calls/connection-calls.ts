import { randomUUID } from 'node:crypto'
import type { ConnectionView } from '../../../shared/connection-view.ts'
import type { Environment } from '../../../shared/confirmations.ts'
import { TrancheError } from '../../../shared/errors.ts'
import type { StoredConnection } from '../../../storage/connections.ts'
import type { BackendContext } from '../backend-context.ts'
import { healthOf } from '../connection-health.ts'
import { assertNotMapped } from '../mapped-databases.ts'
import { locateConnection } from '../resolve-connection.ts'
import { testConnection } from '../test-connection.ts'
import {
  commandOf,
  type Draft,
  findPasswordSource,
  getConnection,
  readDraft,
  saveConnection,
  viewConnection,
} from '../saved-connections.ts'
import type { Subject } from '../tickets.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function connectionCalls({ context, desks, tickets }: CallParts): CallsOf<'connections'> {
  const { storage, secrets, publisher } = context
  const publish = async (connection: StoredConnection): Promise<ConnectionView> => {
    const view = await viewConnection(context, connection)
    const { connectionId } = connection
    publisher.publish({ kind: 'connection', connectionId, connection: view }, { isUrgent: true })
    return view
  }
  /** What is said of one depends on the others. */
  const publishAll = async (): Promise<void> => {
    for (const connection of storage.connections.list()) await publish(connection)
  }
  return {
    'connections.list': () => Promise.all(storage.connections.list().map((each) => viewConnection(context, each))),
    'connections.add': async (draft) => {
      const saved = await saveConnection(context, draft, null)
      await publishAll()
      return viewConnection(context, saved)
    },
    'connections.beginLowering': async ({ connectionId, environment }) =>
      tickets.issue(await loweringOf(context, getConnection(context, connectionId), environment)),
    'connections.change': async ({ connectionId, confirmed, ...draft }) => {
      const before = getConnection(context, connectionId)
      assertChangeable(before)
      assertClosed(desks.find(connectionId) !== undefined)
      if (before.environment === 'production' && draft.environment !== 'production') {
        const subject = await loweringOf(context, before, draft.environment)
        if (confirmed === null) throw confirmationMissing(before.name)
        tickets.redeem(confirmed, subject)
      }
      const saved = await saveConnection(context, draft, before)
      if (saved.catalogueFolder !== null && saved.catalogueFolder !== before.catalogueFolder)
        await desks.catalogueOf(before).choose(saved.catalogueFolder)
      await publishAll()
      return viewConnection(context, saved)
    },
    'connections.remove': async ({ connectionId }) => {
      const connection = getConnection(context, connectionId)
      assertChangeable(connection)
      assertNotMapped(context, connection)
      assertClosed(desks.find(connectionId) !== undefined)
      storage.connections.remove(connectionId, Date.now())
      secrets.forget(connectionId)
      publisher.publish({ kind: 'connection', connectionId, connection: null }, { isUrgent: true })
      await publishAll()
      return null
    },
    'connections.testDraft': (draft) => testDraft(context, draft),
    'connections.test': async ({ connectionId, password }) => {
      const connection = getConnection(context, connectionId)
      if (password !== undefined) secrets.set(connectionId, password)
      return testConnection(context, connection)
    },
    'connections.open': async ({ connectionId, password }) => {
      const connection = getConnection(context, connectionId)
      if (password !== undefined) secrets.set(connectionId, password)
      const known = desks.find(connectionId)
      if (known === undefined) {
        const lastOpenedAtMs = Date.now()
        storage.connections.touch(connectionId, lastOpenedAtMs)
        await publish({ ...connection, lastOpenedAtMs })
      } else if (password !== undefined) {
        known.session.wake(null, { isUrgent: true })
      }
      const { session } = desks.find(connectionId) ?? desks.open(connection)
      await session.ready()
      const migrations = publisher.snapshot().state.targets[connectionId]?.migrations ?? {}
      return { ...session.head(), migrations }
    },
    'connections.close': async ({ connectionId }) => {
      await desks.close(connectionId)
      return null
    },
    'connections.retry': ({ connectionId }) => {
      desks.get(connectionId).session.wake(null, { isUrgent: true })
      return Promise.resolve(null)
    },
    'connections.sessions': async ({ connectionId }) => ({
      sessions: await desks.get(connectionId).session.engine().sessions(),
      readAtMs: Date.now(),
    }),
    'connections.replicas': async ({ connectionId }) => ({
      replicas: await desks.get(connectionId).session.engine().replicas(),
    }),
    'connections.health': ({ connectionId }) =>
      Promise.resolve(healthOf(context, getConnection(context, connectionId).connectionId)),
    'connections.setHealth': ({ connectionId, health }) => {
      storage.healthSettings.save(getConnection(context, connectionId).connectionId, health, Date.now())
      return Promise.resolve(healthOf(context, connectionId))
    },
    'connections.passwordSource': ({ connectionId }) =>
      findPasswordSource(context, getConnection(context, connectionId)),
  }
}

/** Tested under an id of its own, which nothing remembers afterwards. */
async function testDraft(context: BackendContext, draft: Draft): ReturnType<typeof testConnection> {
  const { settings, password } = readDraft(draft)
  const connectionId = `draft ${randomUUID()}`
  if (password !== null) context.secrets.set(connectionId, password)
  try {
    const { name, environment, catalogueFolder, trackingSchema, logicalDatabase, otherDatabases } = draft
    return await testConnection(context, {
      ...{
        connectionId,
        name,
        environment,
        settings,
        catalogueFolder,
        trackingSchema,
        logicalDatabase,
        otherDatabases,
      },
      isPractice: false,
      createdAtMs: Date.now(),
      lastOpenedAtMs: null,
      passwordCommand: commandOf(draft),
      productionUntilMs: null,
    })
  } finally {
    context.secrets.forget(connectionId)
  }
}

/** What is agreed to: this connection as it is, and the environment that it gets instead. */
async function loweringOf(
  context: BackendContext,
  connection: StoredConnection,
  lowered: Environment,
): Promise<Subject> {
  const { connectionId, name, environment } = connection
  const { database, host, port } = await locateConnection(context, connection)
  return { verb: 'lower', connectionId, environment, database, object: name, shown: [host, String(port), lowered] }
}

function confirmationMissing(name: string): TrancheError {
  return new TrancheError(
    'confirmation_required',
    `"${name}" is production; to take that from it needs a confirmation`,
    {
      remedy: 'Type the phrase that the page asks for, then it is done.',
      details: { verb: 'lower', confirmation: 'phrase' },
    },
  )
}

function assertChangeable({ isPractice }: StoredConnection): void {
  if (!isPractice) return
  throw new TrancheError('usage', 'the practice connection is made by Tranche and cannot be changed or removed')
}

function assertClosed(isOpen: boolean): void {
  if (!isOpen) return
  throw new TrancheError('already_running', 'this connection is open', { remedy: 'Close it first.' })
}
