/**
 * The state on screen and the stream of its changes. What is published about one thing is coalesced: at most one event in
 * 250 ms, with the newest content; something urgent goes out at once.
 */
import { randomUUID } from 'node:crypto'
import { createStore } from 'zustand/vanilla'
import type { AppChange, AppEvent } from '../../shared/app-event.ts'
import { type AppSnapshot, type AppState, patchState } from '../../shared/app-state.ts'

const COALESCE_MS = 250

export interface Publisher {
  snapshot(): AppSnapshot
  state(): AppState
  publish(change: AppChange, options?: { readonly isUrgent?: boolean }): void
  subscribe(listener: (event: AppEvent) => void): () => void
  /** Sends what waits, and ends. */
  close(): void
}

export function createPublisher(initial: AppState): Publisher {
  const backendId = randomUUID()
  const store = createStore<AppState>(() => initial)
  const listeners = new Set<(event: AppEvent) => void>()
  const waiting = new Map<string, AppChange>()
  const sentAtMs = new Map<string, number>()
  let revision = 0
  let timer: NodeJS.Timeout | null = null

  const send = (key: string, change: AppChange): void => {
    waiting.delete(key)
    sentAtMs.set(key, performance.now())
    revision += 1
    store.setState(patchState(store.getState(), change), true)
    for (const listener of listeners) listener({ ...change, backendId, revision })
  }
  const sendDue = (): void => {
    timer = null
    const now = performance.now()
    for (const [key, change] of [...waiting]) if (dueInMs(key, now) <= 0) send(key, change)
    schedule()
  }
  const dueInMs = (key: string, now: number): number => (sentAtMs.get(key) ?? -Infinity) + COALESCE_MS - now
  const schedule = (): void => {
    if (timer !== null || waiting.size === 0) return
    const now = performance.now()
    const soonest = Math.min(...[...waiting.keys()].map((key) => dueInMs(key, now)))
    timer = setTimeout(sendDue, Math.max(0, soonest))
  }
  return {
    snapshot: () => ({ backendId, revision, state: store.getState() }),
    state: () => store.getState(),
    publish(change, { isUrgent = false } = {}) {
      const key = keyOf(change)
      const before = waiting.get(key)
      const merged = before === undefined ? change : mergeChanges(before, change)
      waiting.set(key, merged)
      if (isUrgent || dueInMs(key, performance.now()) <= 0) send(key, merged)
      else schedule()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      if (timer !== null) clearTimeout(timer)
      for (const [key, change] of [...waiting]) send(key, change)
      listeners.clear()
    },
  }
}

/** What a change is about: a later one about the same thing replaces it, or is added to it. */
function keyOf(change: AppChange): string {
  switch (change.kind) {
    case 'settings':
    case 'practice':
      return change.kind
    case 'connection':
    case 'target':
      return `${change.kind} ${change.connectionId}`
    case 'migration':
    case 'jobs':
    case 'log':
      return `${change.kind} ${change.connectionId} ${change.migrationId ?? ''}`
  }
}

function mergeChanges(before: AppChange, change: AppChange): AppChange {
  if (before.kind === 'log' && change.kind === 'log')
    return { ...change, entries: [...before.entries, ...change.entries] }
  if (before.kind === 'jobs' && change.kind === 'jobs') {
    const cells = new Map([...before.cells, ...change.cells].map((cell) => [cell.id, cell]))
    return { ...change, cells: [...cells.values()] }
  }
  return change
}
