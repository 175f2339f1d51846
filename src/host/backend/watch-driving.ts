/** Whether this console drives anything right now: a run, a proof, or the schedule of a connection. */
import type { AppChange } from '../../shared/app-event.ts'
import type { MigrationView, TargetHead } from '../../shared/app-state.ts'

/** `tell` hears each change once; nothing is driven at first. */
export function watchDriving(tell: (isDriving: boolean) => void): (change: AppChange) => void {
  /** By connection: its schedule (under an empty text) and its migrations. */
  const driven = new Map<string, Set<string>>()
  let wasDriving = false

  const mark = (connectionId: string, key: string, isDriven: boolean): void => {
    const keys = driven.get(connectionId) ?? new Set()
    if (isDriven) keys.add(key)
    else keys.delete(key)
    if (keys.size > 0) driven.set(connectionId, keys)
    else driven.delete(connectionId)
  }
  return (change) => {
    if (change.kind === 'migration') mark(change.connectionId, change.migrationId, isDriven(change.migration))
    else if (change.kind !== 'target') return
    else if (change.target === null) driven.delete(change.connectionId)
    else mark(change.connectionId, '', isScheduled(change.target))
    const isDriving = driven.size > 0
    if (isDriving === wasDriving) return
    wasDriving = isDriving
    tell(isDriving)
  }
}

function isDriven(migration: MigrationView | null): boolean {
  if (migration === null) return false
  const { run, proving } = migration
  return (run !== null && run.end === null) || proving?.kind === 'running'
}

function isScheduled({ schedule }: TargetHead): boolean {
  return schedule.kind === 'on'
}
