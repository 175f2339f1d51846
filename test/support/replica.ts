/** A page's replica of the state, and waiting for what it shows. */
import type { AppEvent } from '../../src/shared/app-event.ts'
import { applyEvent, type AppSnapshot, type AppState, type MigrationView } from '../../src/shared/app-state.ts'
import type { Client } from '../../src/shared/contract.ts'
import type { Transport } from '../../src/shared/rpc.ts'

export interface Replica {
  readonly state: AppState
  readonly events: readonly AppEvent[]
  /** Resolves with the state once it holds. */
  until(holds: (state: AppState) => boolean): Promise<AppState>
  migration(connectionId: string, migrationId: string): MigrationView | undefined
}

/** Subscribes first, then asks for the snapshot; a gap would fail the test. */
export async function openReplica(transport: Transport, call: Client): Promise<Replica> {
  const events: AppEvent[] = []
  const listeners = new Set<() => void>()
  let snapshot: AppSnapshot | null = null
  const apply = (event: AppEvent): void => {
    if (snapshot === null) return
    const next = applyEvent(snapshot, event)
    if (next === null) throw new Error(`a gap lies before revision ${String(event.revision)}`)
    snapshot = next
    for (const listener of listeners) listener()
  }
  transport.subscribe((event) => {
    // What the transport itself tells has no revision.
    if (!isAppEvent(event)) return
    const appEvent = event
    events.push(appEvent)
    apply(appEvent)
  })
  const first = await call('app.snapshot')
  snapshot = first
  for (const event of events) apply(event)
  const now = (): AppState => (snapshot ?? first).state
  return {
    get state() {
      return now()
    },
    events,
    async until(holds) {
      if (holds(now())) return now()
      return new Promise((resolve) => {
        const listener = (): void => {
          if (!holds(now())) return
          listeners.delete(listener)
          resolve(now())
        }
        listeners.add(listener)
      })
    },
    migration: (connectionId, migrationId) => now().targets[connectionId]?.migrations[migrationId],
  }
}

function isAppEvent(event: unknown): event is AppEvent {
  return typeof event === 'object' && event !== null && 'revision' in event
}

/** Whether this console's run of it has ended and was told. */
export function isOver(view: MigrationView | undefined): boolean {
  return (view?.run?.end ?? null) !== null
}
