import type { AttachedAction } from '../../attached-journal.ts'
import { confirmDeed } from '../confirm-deed.ts'
import type { TargetSession } from '../target-session.ts'
import type { MigrationValue } from '../../../shared/cli-output.ts'
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
      const pause = async () => session.engine().pause(migrationId)
      return done(session, migrationId, await kept(session, { migrationId, kind: 'pause' }, pause, (value) => value))
    },
    'migrations.resume': async ({ connectionId, migrationId, isConfirmed }) => {
      const { session } = desks.get(connectionId)
      await confirmFor(session, { verb: 'resume', migrationId, isConfirmed })
      const resume = async () => session.engine().resume(migrationId)
      return done(session, migrationId, await kept(session, { migrationId, kind: 'resume' }, resume, (value) => value))
    },
    'migrations.set': async ({ connectionId, migrationId, ...changes }) => {
      const { session } = desks.get(connectionId)
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
      return done(session, migrationId, await session.engine().set(migrationId, given))
    },
    'migrations.retry': async ({ connectionId, migrationId, isConfirmed, jobId, group, size }) => {
      const { session } = desks.get(connectionId)
      await confirmFor(session, { verb: 'retry', migrationId, isConfirmed })
      const filter = filterOf({ jobId, group })
      const { isAttached } = session.head()
      if (size === 'half' && !isAttached) await session.catalogue.get()
      // GitLab's own jobs are always split when they are retried.
      const retry = async () => session.engine().retry(migrationId, isAttached ? filter : { size, ...filter })
      const action = { migrationId, kind: 'retry', details: filter } as const
      return done(session, migrationId, await kept(session, action, retry, ({ migration }) => migration))
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
    'schedule.switch': async ({ connectionId, isOn, isConfirmed }) => {
      const { session } = desks.get(connectionId)
      const { environment, name } = session.connection
      // Switching off is a way of stopping, which is never asked.
      if (isOn) confirmDeed({ verb: 'work', object: name, environment, isConfirmed })
      await session.engine().setScheduling(isOn)
      session.wake(null, { isUrgent: true })
      return null
    },
    'failures.list': ({ connectionId, migrationId, jobId, group }) =>
      desks.get(connectionId).session.engine().failures(migrationId, filterOf({ jobId, group })),
    'failures.quarantined': async ({ connectionId, migrationId, after = '0', limit }) => {
      const engine = desks.get(connectionId).session.engine()
      // One more than asked for tells whether that was all.
      const { rows, hasOnQuarantine } = await engine.listQuarantined(migrationId, { after, limit: limit + 1 })
      const items = rows.slice(0, limit)
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null, hasOnQuarantine }
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

type Action = Pick<AttachedAction, 'migrationId' | 'kind'> & { readonly details?: AttachedAction['details'] }

/** Of rows of GitLab's own it is written down here, where the target has no journal of ours. */
async function kept<T>(
  session: TargetSession,
  { details, ...action }: Action,
  act: () => Promise<T>,
  migrationOf: (value: T) => Pick<MigrationValue, 'status'>,
): Promise<T> {
  const { installationId, attachedAt, log } = session.reader
  if (installationId === null || attachedAt === null) return act()
  const { status: from } = await session.engine().get(action.migrationId)
  const value = await act()
  const retried = typeof value === 'object' && value !== null && 'retried' in value ? { retried: value.retried } : {}
  const told = { ...details, from, to: migrationOf(value).status, ...retried }
  log.keep(installationId, { ...action, installedAt: attachedAt, details: told })
  return value
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
