import type { RunView } from '../../../shared/history-view.ts'
import type { Page } from '../../../shared/job-view.ts'
import type { StoredRun } from '../../../storage/runs.ts'
import { systemProcesses } from '../../system/process-table.ts'
import type { BackendContext } from '../backend-context.ts'
import { purgeHistory } from '../purge-history.ts'
import { readSettings } from './app-calls.ts'
import type { CallParts, CallsOf } from './call-context.ts'

const NOTHING = { items: [], next: null }

/** All of it from the local file: no target is asked. */
export function historyCalls({ context }: CallParts): CallsOf<'events' | 'history'> {
  const { storage } = context
  /** The pages of one installation; empty where this console never saw one. */
  const ofInstallation = <T>(connectionId: string, read: (installationId: number) => Page<T>): Promise<Page<T>> => {
    const installationId = storage.installations.findNewest(connectionId)
    return Promise.resolve(installationId === null ? NOTHING : read(installationId))
  }
  return {
    'events.page': ({ connectionId, migrationId = null, only, find = null, after = null, limit }) =>
      ofInstallation(connectionId, (installationId) =>
        storage.events.page({ installationId, migrationId, only, find, after, limit }),
      ),
    'history.runs': ({ connectionId = null, after = null, limit }) => {
      const { items, next } = storage.runs.page({ connectionId, after, limit })
      return Promise.resolve({ items: items.map((run) => viewRun(context, run)), next })
    },
    'history.migrations': ({ connectionId = null, after = null, limit }) =>
      Promise.resolve(storage.migrations.page({ connectionId, after, limit })),
    'history.jobs': ({ connectionId, migrationId, after = null, limit }) =>
      ofInstallation(connectionId, (installationId) =>
        storage.jobs.page({ installationId, migrationId, after, limit }),
      ),
    'history.transitions': ({ connectionId, migrationId, jobId = null, after = null, limit }) =>
      ofInstallation(connectionId, (installationId) =>
        storage.transitions.page({ installationId, migrationId, jobId, after, limit }),
      ),
    'history.size': async () => ({ bytes: await storage.size() }),
    'history.purge': () => {
      const removedRows = purgeHistory(context, readSettings(context))
      storage.retention.compact()
      return Promise.resolve({ removedRows })
    },
  }
}

/** A run without an end is over where its process is gone. */
function viewRun({ identity }: BackendContext, { process, ...run }: StoredRun): RunView {
  const { host, pid, pidStart } = process
  const isGone = host === identity.host && pidStart !== null && systemProcesses.isAlive(pid, pidStart) === false
  return { ...run, isOver: run.endedAtMs !== null || isGone }
}
