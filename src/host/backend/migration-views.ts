/** What is known of a target's migrations right now, put together from readings and from what this console does itself. */
import type { LiveRun, MigrationView } from '../../shared/app-state.ts'
import type { MigrationStateValue } from '../../shared/cli-output.ts'
import type { Proving } from '../../shared/finalize-view.ts'
import type { Publisher } from './publisher.ts'

export interface MigrationViews {
  find(migrationId: string): MigrationView | undefined
  list(): readonly MigrationView[]
  doingsOf(migrationId: string): OwnDoings
  /** One that was just read. */
  read(state: MigrationStateValue, readAtMs: number, isUrgent: boolean): void
  /** All that there are: others are gone. */
  readAll(states: readonly MigrationStateValue[], readAtMs: number): void
  setRun(migrationId: string, run: LiveRun, options?: { readonly isUrgent?: boolean }): void
  setProving(migrationId: string, proving: Proving, options?: { readonly isUrgent?: boolean }): void
}

/** What this console itself does with a migration. */
export interface OwnDoings {
  readonly run: LiveRun | null
  readonly proving: Proving | null
}

const NOTHING: OwnDoings = { run: null, proving: null }

export function createMigrationViews(publisher: Publisher, connectionId: string): MigrationViews {
  const views = new Map<string, MigrationView>()
  // Told before the first reading of a migration that was queued a moment ago.
  const doings = new Map<string, OwnDoings>()
  const put = (migrationId: string, migration: MigrationView, isUrgent: boolean): void => {
    views.set(migrationId, migration)
    publisher.publish({ kind: 'migration', connectionId, migrationId, migration }, { isUrgent })
  }
  const putState = (state: MigrationStateValue, readAtMs: number, isUrgent: boolean): void => {
    put(state.id, { state, readAtMs, ...(doings.get(state.id) ?? NOTHING) }, isUrgent)
  }
  const setDoing = (migrationId: string, doing: Partial<OwnDoings>, isUrgent: boolean): void => {
    const now = { ...(doings.get(migrationId) ?? NOTHING), ...doing }
    doings.set(migrationId, now)
    const view = views.get(migrationId)
    if (view !== undefined) put(migrationId, { ...view, ...now }, isUrgent)
  }
  return {
    find: (migrationId) => views.get(migrationId),
    list: () => [...views.values()],
    doingsOf: (migrationId) => doings.get(migrationId) ?? NOTHING,
    read: putState,
    readAll(states, readAtMs) {
      const present = new Set(states.map(({ id }) => id))
      for (const migrationId of [...views.keys()]) {
        if (present.has(migrationId)) continue
        views.delete(migrationId)
        doings.delete(migrationId)
        publisher.publish({ kind: 'migration', connectionId, migrationId, migration: null })
      }
      for (const state of states) {
        if (isSame(views.get(state.id)?.state, state)) continue
        putState(state, readAtMs, false)
      }
    },
    setRun: (migrationId, run, { isUrgent = false } = {}) => {
      setDoing(migrationId, { run }, isUrgent)
    },
    setProving: (migrationId, proving, { isUrgent = false } = {}) => {
      setDoing(migrationId, { proving }, isUrgent)
    },
  }
}

/** Nothing is sent about what did not change; when it was read is told once for all of them. */
function isSame(before: MigrationStateValue | undefined, now: MigrationStateValue): boolean {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now)
}
