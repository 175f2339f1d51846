/** Statuses of a stepped migration's record, with GitLab's names and codes, and the events that change them. */

export const STEPPED_STATUS_CODES = { pending: 0, in_progress: 1, completed: 10, skipped: 100, failed: 255 } as const

export type SteppedStatus = keyof typeof STEPPED_STATUS_CODES

interface Edge {
  readonly from: readonly SteppedStatus[]
  readonly to: SteppedStatus
}

export const STEPPED_EVENTS = {
  start: { from: ['pending', 'in_progress'], to: 'in_progress' }, //  a worker's turn begins; started_at is kept from the first
  complete: { from: ['in_progress'], to: 'completed' }, //            every operation is completed
  fail: { from: ['in_progress'], to: 'failed' }, //                   the last try failed; everything behind it halts
  skip: { from: ['pending', 'in_progress', 'failed', 'skipped'], to: 'skipped' }, // the definition's own skip, a gate, or an operator
  unskip: { from: ['skipped'], to: 'pending' }, //                    the definition's reason is gone, or a drop was approved
  retry: { from: ['failed'], to: 'pending' }, //                      an operator mended the cause; completed operations stay completed
  reset: { from: ['pending', 'in_progress', 'completed', 'skipped', 'failed'], to: 'pending' }, // every operation runs again
} as const satisfies Record<string, Edge>

export type SteppedEvent = keyof typeof STEPPED_EVENTS

/** Whether `event` may be applied to a record in status `from`. */
export function canStep(event: SteppedEvent, from: SteppedStatus): boolean {
  const edge: Edge = STEPPED_EVENTS[event]
  return edge.from.includes(from)
}

/** The name behind a code of `stepped_migrations.status`; throws on a code that nobody defined. */
export function steppedStatusOf(code: number): SteppedStatus {
  for (const [name, known] of Object.entries(STEPPED_STATUS_CODES)) if (known === code) return name as SteppedStatus
  throw new Error(`${String(code)} is not a status of a stepped migration`)
}
