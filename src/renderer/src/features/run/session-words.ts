/** Who waits in the target, and for whom. */
import { formatDuration } from '../../../../shared/format-duration.ts'
import type { BlockerView, SessionView } from '../../../../shared/session-view.ts'

/** Shorter waits are everybody's daily life. */
const TOLD_AFTER_SECONDS = 1

export interface LockWait {
  readonly sinceMs: number
  readonly seenAtMs: number
  readonly by: readonly BlockerView[]
}

/** Between two tries of the same sub-batch nothing waits for a moment: it is the same wait. */
const GAP_MS = 6_000

/** The longest wait of ours for somebody else's lock that is long enough to be told; null: there is none. */
export function lockWaitOf(sessions: readonly SessionView[], atMs: number, before: LockWait | null): LockWait | null {
  const waits = sessions.flatMap(({ blocked }) => {
    const by = blocked?.by.filter(({ isOurs }) => !isOurs) ?? []
    return blocked === null || by.length === 0 ? [] : [{ seconds: blocked.seconds, by }]
  })
  const [longest] = waits.toSorted((a, b) => b.seconds - a.seconds)
  const known = before !== null && atMs - before.seenAtMs <= GAP_MS ? before : null
  if (longest === undefined) return known
  if (known === null && longest.seconds < TOLD_AFTER_SECONDS) return null
  const sinceMs = atMs - longest.seconds * 1_000
  return { by: longest.by, seenAtMs: atMs, sinceMs: Math.min(sinceMs, known?.sinceMs ?? sinceMs) }
}

/** `Waiting 42.0 s for a lock of session 4711 "psql", idle in transaction. Goes on by itself.` */
export function lockWaitSentence({ sinceMs, by }: LockWait, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - sinceMs) / 1_000))
  return `Waiting ${formatDuration(seconds)} for a lock of ${by.map(blockerText).join(' and ')}. Goes on by itself.`
}

function blockerText({ pid, application, state }: BlockerView): string {
  const name = application === null ? '' : ` "${application}"`
  return `session ${String(pid)}${name}${state === null ? '' : `, ${state}`}`
}

/** `sub-batch, 0.3 s`: what a session does. */
export function sessionText({ state, transactionSeconds, blocked }: SessionView): string {
  if (blocked !== null) {
    return `waits ${formatDuration(blocked.seconds)} for ${blocked.by.length === 0 ? 'a lock' : blocked.by.map(({ pid }) => String(pid)).join(', ')}`
  }
  return transactionSeconds === null ? state : `${state}, transaction ${formatDuration(transactionSeconds)}`
}
