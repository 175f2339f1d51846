/** The page's copy of the backend's state: a snapshot, patched by events in order; a gap asks for a new snapshot. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AppEvent, LinkEvent } from '../../../shared/app-event.ts'
import { applyEvent, type AppSnapshot } from '../../../shared/app-state.ts'
import { type AppError, toAppError } from '../../../shared/errors.ts'
import type { Transport } from '../../../shared/rpc.ts'

export interface ReplicaState {
  /** null: nothing was heard yet. What is kept while the way is broken is as of `lostAtMs`. */
  readonly snapshot: AppSnapshot | null
  readonly lostAtMs: number | null
  readonly error: AppError | null
}

export interface Replica {
  readonly store: StoreApi<ReplicaState>
  /** Every event of the sequence, also those that change no state (log, jobs). */
  onEvent(listener: (event: AppEvent) => void): () => void
  /** Asks for the whole state again. */
  refresh(): Promise<void>
  close(): void
}

interface Source {
  readonly subscribe: Transport['subscribe']
  readonly snapshot: () => Promise<AppSnapshot>
  readonly now: () => number
}

export function createReplica({ subscribe, snapshot, now }: Source): Replica {
  const store = createStore<ReplicaState>(() => ({ snapshot: null, lostAtMs: null, error: null }))
  const listeners = new Set<(event: AppEvent) => void>()
  /** Events that arrive while a snapshot is asked for; null: none is. */
  let waiting: AppEvent[] | null = null
  let isStale = false

  async function refresh(): Promise<void> {
    if (waiting !== null) {
      isStale = true
      return
    }
    waiting = []
    isStale = false
    try {
      const taken = await snapshot()
      const patched = waiting.reduce<AppSnapshot | null>(
        (current, event) => (current === null ? null : applyEvent(current, event)),
        taken,
      )
      isStale ||= patched === null
      store.setState({ snapshot: patched ?? taken, lostAtMs: null, error: null })
    } catch (error) {
      store.setState({ error: toAppError(error) })
    } finally {
      waiting = null
    }
    if (isStale) await refresh()
  }

  function hear(event: AppEvent | LinkEvent): void {
    if (event.kind === 'backend_lost') {
      store.setState(({ lostAtMs }) => ({ lostAtMs: lostAtMs ?? now() }))
      return
    }
    if (event.kind === 'backend_back') {
      void refresh()
      return
    }
    for (const listener of listeners) listener(event)
    if (waiting !== null) {
      waiting.push(event)
      return
    }
    const { snapshot: before } = store.getState()
    const after = before === null ? null : applyEvent(before, event)
    if (after === null) void refresh()
    else store.setState({ snapshot: after })
  }

  // The other side of this channel is our own backend.
  const unsubscribe = subscribe((event) => hear(event as AppEvent | LinkEvent))
  void refresh()
  return {
    store,
    refresh,
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: unsubscribe,
  }
}
