/** One reading of a target: its migrations, its log, the jobs of those that somebody looks at; copied, then told. */
import type { Engine } from '../../engine/engine.ts'
import { type AppError, toAppError, TrancheError } from '../../shared/errors.ts'
import { isAttachedInstallation } from '../../shared/installation.ts'
import type { BackendContext } from './backend-context.ts'
import { createJobFeed, type JobFeed } from './job-feed.ts'
import { createLogFeed, type LogFeed } from './log-feed.ts'
import { createMigrationViews, type MigrationViews } from './migration-views.ts'

export interface TargetReader {
  readonly views: MigrationViews
  readonly log: LogFeed
  /** Under which its copies are kept; null while no tracking schema was seen. */
  readonly installationId: number | null
  /** The name of GitLab's own tables, where it is those that are read; null: ours. */
  readonly attachedAt: string | null
  /** Everything. Throws what a connection throws; a tracking schema that cannot be read is an answer. */
  readAll(engine: Engine, followed: ReadonlySet<string>): Promise<TrackingAnswer>
  /** Those migrations only. */
  readSome(engine: Engine, migrationIds: ReadonlySet<string>, options: { readonly isUrgent: boolean }): Promise<void>
}

export type TrackingAnswer =
  | { readonly isInstalled: boolean; readonly isAttached: boolean; readonly problem: null }
  | { readonly isInstalled: null; readonly isAttached: false; readonly problem: AppError }

const PROBLEMS = new Set(['schema_newer', 'schema_attached', 'privilege_missing', 'target_too_old'])
/** GitLab keeps every migration that it ever had, and this console drives none of them: all are counted less often. */
const ATTACHED_LIST_MS = 10_000

function nullWhereGone(error: unknown): null {
  if (error instanceof TrancheError && error.code === 'unknown_migration') return null
  throw error
}

export function createTargetReader(context: BackendContext, connectionId: string): TargetReader {
  const views = createMigrationViews(context.publisher, connectionId)
  const log = createLogFeed(context, connectionId)
  let jobs: JobFeed = createJobFeed(context, connectionId)
  let installationId: number | null = null
  let attachedAt: string | null = null
  let listedAtMs = -Infinity

  const see = (installedAt: string): number => {
    const seen = context.storage.installations.see(connectionId, installedAt, Date.now())
    // Made anew: ids begin at 1 again, and nothing that was told about them holds.
    if (installationId !== null && installationId !== seen) jobs = createJobFeed(context, connectionId)
    installationId = seen
    return seen
  }
  const readAll = async (engine: Engine, followed: ReadonlySet<string>): Promise<void> => {
    const installedAt = await engine.installedAt()
    const installation = see(installedAt)
    attachedAt = isAttachedInstallation(installedAt) ? installedAt : null
    if (attachedAt !== null && performance.now() - listedAtMs < ATTACHED_LIST_MS) {
      await readThose(engine, followed, false)
      return
    }
    listedAtMs = performance.now()
    const readAtMs = Date.now()
    const states = await engine.list()
    context.storage.migrations.save(installation, states, readAtMs)
    for (const { id, status } of states) {
      const before = views.find(id)?.state.status
      if (followed.has(id) || (before !== undefined && before !== status)) await jobs.follow(engine, installation, id)
    }
    views.readAll(states, readAtMs)
    await log.follow(engine, installation)
  }
  const readThose = async (engine: Engine, migrationIds: ReadonlySet<string>, isUrgent: boolean): Promise<void> => {
    const installation = installationId
    if (installation === null) return
    for (const migrationId of migrationIds) {
      const readAtMs = Date.now()
      const state = await engine.get(migrationId).catch(nullWhereGone)
      if (state === null) continue // requeued or deleted: reading all takes it from the screen
      context.storage.migrations.save(installation, [state], readAtMs)
      await jobs.follow(engine, installation, migrationId)
      views.read(state, readAtMs, isUrgent)
    }
    await log.follow(engine, installation)
  }
  return {
    views,
    log,
    get installationId() {
      return installationId
    },
    get attachedAt() {
      return attachedAt
    },
    async readAll(engine, followed) {
      try {
        await readAll(engine, followed)
        return { isInstalled: true, isAttached: attachedAt !== null, problem: null }
      } catch (error) {
        if (!(error instanceof TrancheError)) throw error
        if (error.code === 'not_installed') {
          installationId = null
          views.readAll([], Date.now())
          return { isInstalled: false, isAttached: false, problem: null }
        }
        if (PROBLEMS.has(error.code)) return { isInstalled: null, isAttached: false, problem: toAppError(error) }
        throw error
      }
    },
    readSome: (engine, migrationIds, { isUrgent }) => readThose(engine, migrationIds, isUrgent),
  }
}
