import type { LogEntry } from '../../../shared/history-view.ts'

/** Lists of the log as one: each entry once, as the last of them has it, newest first. */
export function newestFirst<Entry extends LogEntry>(...lists: readonly (readonly Entry[])[]): readonly Entry[] {
  const byId = new Map(lists.flat().map((entry) => [entry.entryId, entry]))
  return [...byId.values()].sort((a, b) => b.atMs - a.atMs || Number(b.entryId) - Number(a.entryId))
}
