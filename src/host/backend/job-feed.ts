/** The strip's cells: what changed is read from the target, copied to the local file, and sent to pages that watch. */
import type { Engine } from '../../engine/engine.ts'
import type { JobCell } from '../../shared/job-view.ts'
import type { BackendContext } from './backend-context.ts'

const COPY_PAGE = 500

export interface JobFeed {
  /** Reads what changed since the last time; the first time copies all of them. */
  follow(engine: Engine, installationId: number, migrationId: string): Promise<void>
  /** The next time all of them are read again. */
  forget(migrationId: string): void
}

interface Following {
  readonly since: string
  /** As last told, so that what did not change is not told twice. */
  readonly told: Map<string, string>
}

export function createJobFeed({ storage, publisher }: BackendContext, connectionId: string): JobFeed {
  const followed = new Map<string, Following>()

  const tell = (installationId: number, migrationId: string, cells: readonly JobCell[]): void => {
    if (cells.length === 0) return
    storage.jobs.save(installationId, migrationId, cells, Date.now())
    publisher.publish({ kind: 'jobs', connectionId, migrationId, cells })
  }
  const copyAll = async (engine: Engine, installationId: number, migrationId: string): Promise<void> => {
    // The time comes first: what changes while pages are read is told afterwards.
    const { readAt } = await engine.changedJobs(migrationId, null)
    const told = new Map<string, string>()
    for (let after = '0'; ;) {
      const cells = await engine.jobs(migrationId, { after, limit: COPY_PAGE })
      for (const cell of cells) told.set(cell.id, JSON.stringify(cell))
      tell(installationId, migrationId, cells)
      const last = cells.at(-1)
      if (last === undefined || cells.length < COPY_PAGE) break
      after = last.id
    }
    followed.set(migrationId, { since: readAt, told })
  }
  return {
    async follow(engine, installationId, migrationId) {
      const following = followed.get(migrationId)
      if (following === undefined) {
        await copyAll(engine, installationId, migrationId)
        return
      }
      const { cells, readAt } = await engine.changedJobs(migrationId, following.since)
      const { told } = following
      const news = cells.filter((cell) => told.get(cell.id) !== JSON.stringify(cell))
      for (const cell of news) told.set(cell.id, JSON.stringify(cell))
      followed.set(migrationId, { since: readAt, told })
      tell(installationId, migrationId, news)
    },
    forget: (migrationId) => void followed.delete(migrationId),
  }
}
