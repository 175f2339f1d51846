import type { ConnectRequest } from '../../../engine/stepped/operate.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { confirmDeed } from '../confirm-deed.ts'
import type { TargetSession } from '../target-session.ts'
import type { Subject } from '../tickets.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function steppedCalls({ desks, tickets }: CallParts): CallsOf<'stepped'> {
  const sessionOf = (connectionId: string): TargetSession => desks.get(connectionId).session
  return {
    'stepped.list': async ({ connectionId }) => {
      const session = sessionOf(connectionId)
      // Without a catalogue the records still tell their versions.
      await session.catalogue.get().catch(() => undefined)
      return session.engine().stepped.list()
    },
    'stepped.logs': ({ connectionId, version, isOfAll, after, limit }) =>
      sessionOf(connectionId)
        .engine()
        .stepped.logs({
          limit,
          isOfAll,
          ...(version === undefined ? {} : { version }),
          ...(after === undefined ? {} : { after }),
        }),
    'stepped.start': async ({ connectionId, toEnd, isConfirmed }) => {
      const { session, stepped } = desks.get(connectionId)
      confirmFor(session, 'work', isConfirmed)
      await session.catalogue.get()
      stepped.start({ toEnd })
      return null
    },
    'stepped.stop': ({ connectionId }) => {
      desks.get(connectionId).stepped.stop()
      return Promise.resolve(null)
    },
    'stepped.retry': ({ connectionId, version, isConfirmed }) =>
      done(sessionOf(connectionId), { object: `retry ${version}`, isConfirmed }, ({ stepped }) =>
        stepped.retry(version),
      ),
    'stepped.skip': ({ connectionId, version, reason, isConfirmed }) =>
      done(sessionOf(connectionId), { object: `skip ${version}`, isConfirmed }, ({ stepped }) =>
        stepped.skip(version, reason),
      ),
    'stepped.reset': ({ connectionId, version, isConfirmed }) =>
      done(sessionOf(connectionId), { object: `reset ${version ?? 'all'}`, isConfirmed }, ({ stepped }) =>
        stepped.reset(version),
      ),
    'stepped.beginApproval': async ({ connectionId, version }) =>
      tickets.issue(await approvalOf(sessionOf(connectionId), version)),
    'stepped.approve': async ({ connectionId, version, nonce, phrase }) => {
      const session = sessionOf(connectionId)
      tickets.redeem({ nonce, phrase }, await approvalOf(session, version))
      const migration = await session.engine().stepped.approve(version)
      session.wake(null, { isUrgent: true })
      return migration
    },
    'stepped.connect': ({ connectionId, isConfirmed, ...given }) =>
      done(sessionOf(connectionId), { object: `connect ${given.name}`, isConfirmed }, ({ stepped }) =>
        stepped.connect(withoutUndefined(given)),
      ),
    'stepped.hasVector': ({ connectionId }) => sessionOf(connectionId).engine().stepped.hasVector(),
    'stepped.disconnect': ({ connectionId, isConfirmed }) =>
      done(sessionOf(connectionId), { object: 'disconnect', isConfirmed }, ({ stepped }) => stepped.disconnect()),
  }
}

/** Throws confirmation_required. */
function confirmFor({ connection: { environment } }: TargetSession, object: string, isConfirmed: boolean): void {
  confirmDeed({ verb: 'stepped', object, environment, isConfirmed })
}

/** What somebody did is on screen at once. */
async function done<T>(
  session: TargetSession,
  { object, isConfirmed }: { readonly object: string; readonly isConfirmed: boolean },
  act: (engine: ReturnType<TargetSession['engine']>) => Promise<T>,
): Promise<T> {
  confirmFor(session, object, isConfirmed)
  await session.catalogue.get().catch(() => undefined)
  const value = await act(session.engine())
  session.wake(null, { isUrgent: true })
  return value
}

/** What is agreed to: a definition that would drop something else by now needs a ticket of its own. */
async function approvalOf(session: TargetSession, version: string): Promise<Subject> {
  await session.catalogue.get()
  await session.catalogue.refresh()
  const { migrations } = await session.engine().stepped.list()
  const gate = migrations.find((migration) => migration.version === version)?.needsApproval ?? null
  if (gate === null) {
    throw new TrancheError('invalid_arguments', `migration ${version} asks for no approval`, {
      remedy: 'Look at the list again: it may have been approved meanwhile.',
    })
  }
  const { connectionId, environment } = session.connection
  return {
    ...{ verb: 'approve', connectionId, environment, database: session.database() },
    ...{ object: version, shown: [gate] },
  }
}

type Given = { readonly [Key in keyof ConnectRequest]: ConnectRequest[Key] | undefined } & { readonly name: string }

function withoutUndefined({ name, adapter, prefix, vectorStorage, isIndexingEnabled }: Given): ConnectRequest {
  return {
    name,
    ...(adapter === undefined ? {} : { adapter }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(vectorStorage === undefined ? {} : { vectorStorage }),
    ...(isIndexingEnabled === undefined ? {} : { isIndexingEnabled }),
  }
}
