import { confirmDeed } from '../confirm-deed.ts'
import type { TargetSession } from '../target-session.ts'
import type { WritingVerb } from '../../../shared/confirmations.ts'
import { pageOfJobs } from '../page-of-jobs.ts'
import { removalCalls } from './removal-calls.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function migrationCalls(parts: CallParts): CallsOf<'migrations' | 'jobs' | 'run' | 'schedule' | 'failures'> {
  const { desks } = parts
  return {
    ...removalCalls(parts),
    'migrations.list': ({ connectionId }) => desks.get(connectionId).session.engine().list(),
    'migrations.get': ({ connectionId, migrationId }) => desks.get(connectionId).session.engine().get(migrationId),
    'migrations.health': async ({ connectionId, migrationId }) => ({
      readings: await desks.get(connectionId).session.engine().health(migrationId),
      readAtMs: Date.now(),
    }),
    'migrations.watch': ({ connectionId, migrationId }, { clientId }) => {
      desks.watch(clientId, connectionId, migrationId)
      return Promise.resolve(null)
    },
    'migrations.pause': async ({ connectionId, migrationId }) => {
      const { session } = desks.get(connectionId)
      return done(session, migrationId, await session.engine().pause(migrationId))
    },
    'migrations.resume': async ({ connectionId, migrationId, isConfirmed }) => {
      const { session } = desks.get(connectionId)
      await confirmFor(session, { verb: 'resume', migrationId, isConfirmed })
      return done(session, migrationId, await session.engine().resume(migrationId))
    },
    'migrations.set': async ({ connectionId, migrationId, ...changes }) => {
      const { session } = desks.get(connectionId)
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
      return done(session, migrationId, await session.engine().set(migrationId, given))
    },
    'migrations.retry': async ({ connectionId, migrationId, isConfirmed, jobId, group, size }) => {
      const { session } = desks.get(connectionId)
      await confirmFor(session, { verb: 'retry', migrationId, isConfirmed })
      if (size === 'half') await session.catalogue.get()
      return done(
        session,
        migrationId,
        await session.engine().retry(migrationId, { size, ...filterOf({ jobId, group }) }),
      )
    },
    'jobs.page': ({ connectionId, migrationId, after, limit }) =>
      pageOfJobs(desks.get(connectionId).session.engine(), migrationId, { after, limit }),
    'jobs.get': ({ connectionId, migrationId, jobId }) =>
      desks.get(connectionId).session.engine().job(migrationId, jobId),
    'jobs.split': async ({ connectionId, migrationId, jobId, isConfirmed }) => {
      const { session } = desks.get(connectionId)
      await confirmFor(session, { verb: 'split', migrationId, isConfirmed })
      await session.catalogue.get()
      return done(session, migrationId, await session.engine().split(migrationId, jobId))
    },
    'run.start': async ({ connectionId, migrationId, parallel, jobId, isForced, isConfirmed }) => {
      const { session, driving } = desks.get(connectionId)
      await confirmFor(session, { verb: 'run', migrationId, isConfirmed })
      await session.catalogue.get()
      return {
        runId: await driving.start({ migrationId, parallel, isForced, ...(jobId === undefined ? {} : { jobId }) }),
      }
    },
    'run.stop': ({ connectionId, migrationId }) => {
      desks.get(connectionId).driving.stop(migrationId)
      return Promise.resolve(null)
    },
    'schedule.start': async ({ connectionId, parallel, isConfirmed }) => {
      const { session, driving } = desks.get(connectionId)
      const { environment, name } = session.connection
      confirmDeed({ verb: 'work', object: name, environment, isConfirmed })
      await session.catalogue.get()
      driving.startSchedule(parallel)
      return null
    },
    'schedule.stop': ({ connectionId }) => {
      desks.get(connectionId).driving.stopSchedule()
      return Promise.resolve(null)
    },
    'failures.list': ({ connectionId, migrationId, jobId, group }) =>
      desks.get(connectionId).session.engine().failures(migrationId, filterOf({ jobId, group })),
    'failures.quarantined': async ({ connectionId, migrationId, after = '0', limit }) => {
      const engine = desks.get(connectionId).session.engine()
      // One more than asked for tells whether that was all.
      const rows = await engine.listQuarantined(migrationId, { after, limit: limit + 1 })
      const items = rows.slice(0, limit)
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  }
}

interface Deed {
  readonly verb: WritingVerb
  readonly migrationId: string
  readonly isConfirmed: boolean
}

/** Throws confirmation_required. */
async function confirmFor(session: TargetSession, { verb, migrationId, isConfirmed }: Deed): Promise<void> {
  const { environment } = session.connection
  const { jobClassName } = await session.engine().get(migrationId)
  confirmDeed({ verb, object: jobClassName, environment, isConfirmed })
}

/** What somebody did is on screen at once. */
function done<T>(session: TargetSession, migrationId: string, value: T): T {
  session.wake(migrationId, { isUrgent: true })
  return value
}

function filterOf({ jobId, group }: { jobId: string | undefined; group: string | undefined }): {
  readonly jobId?: string
  readonly group?: string
} {
  return { ...(jobId === undefined ? {} : { jobId }), ...(group === undefined ? {} : { group }) }
}
