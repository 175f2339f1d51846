/**
 * What operators do to rows of GitLab's own is written down on this machine: nothing of ours is written there. It has the
 * place that the journal has elsewhere, under every connection that leads to those tables.
 */
import { randomUUID } from 'node:crypto'
import type { Identity } from '../engine/ports.ts'
import type { LogEntry } from '../shared/history-view.ts'
import type { Storage } from '../storage/open.ts'

export interface AttachedAction {
  /** Of the tables, as the engine names them. */
  readonly installedAt: string
  readonly migrationId: string
  readonly kind: 'pause' | 'resume' | 'retry'
  readonly details: Readonly<Record<string, unknown>>
}

/** Keeps it, and returns what was kept of each installation. */
export function recordAttached(
  { installations, events }: Storage,
  { operator, host }: Pick<Identity, 'operator' | 'host'>,
  { installedAt, ...action }: AttachedAction,
): ReadonlyMap<number, readonly LogEntry[]> {
  const entry = { ...action, jobId: null, origin: 'journal', originId: randomUUID(), operator, host } as const
  const atMs = Date.now()
  return new Map(installations.listSame(installedAt).map((id) => [id, events.append(id, [{ ...entry, atMs }])]))
}
