import type { MigrationView } from '../../../shared/app-state.ts'
import { holdText } from '../parts/hold-text.ts'
import { shareOf } from '../parts/percent.ts'
import { clockTime } from '../parts/time.ts'

/** What those who listen are told of: the migration that is looked at, where one is, and since when nothing is heard. */
export interface Standing {
  readonly view: MigrationView | null
  readonly silentSinceMs: number | null
}

/** What changed, in sentences; null: nothing that is worth telling, such as another number. */
export function milestoneOf(before: Standing, now: Standing): string | null {
  // What is shown is as of then: nothing else is known to have changed.
  if (now.silentSinceMs !== null) {
    return before.silentSinceMs === null ? `No answer since ${clockTime(now.silentSinceMs)}.` : null
  }
  const isBack = before.silentSinceMs !== null
  const isSame = before.view?.state.id === now.view?.state.id
  const told = [
    ...(isBack ? ['Answers again.'] : []),
    ...(before.view !== null && now.view !== null && isSame ? changesOf(before.view, now.view) : []),
  ]
  if (isBack && told.length === 1 && now.view !== null) told.push(`Migration ${now.view.state.status}.`)
  return told.length === 0 ? null : told.join(' ')
}

function changesOf(before: MigrationView, now: MigrationView): readonly string[] {
  const [was, is] = [before.state, now.state]
  const quarter = quarterOf(now)
  const proven = provenOf(now)
  return [
    ...(was.status === is.status ? [] : [statusText(was.status, is.status)]),
    ...(was.hold === null && is.hold !== null && is.status === 'active' ? [holdText(is.hold)] : []),
    ...(was.hold !== null && is.hold === null && is.status === 'active' ? ['The hold ended.'] : []),
    ...(is.status === 'active' && quarter > quarterOf(before) ? [`${String(quarter)} percent.`] : []),
    ...(was.jobs.blocked === 0 && is.jobs.blocked > 0 ? ['Jobs have failed.'] : []),
    ...(proven !== null && provedAt(now) !== provedAt(before) ? [proven] : []),
  ]
}

function statusText(was: string, is: string): string {
  if (is === 'paused') return 'Paused.'
  return was === 'paused' && is === 'active' ? 'Resumed.' : `Migration ${is}.`
}

function quarterOf(view: MigrationView): number {
  return Math.floor((shareOf(view) ?? 0) / 25) * 25
}

function provedAt({ proving }: MigrationView): number | null {
  return proving === null || proving.kind === 'running' ? null : proving.atMs
}

function provenOf({ proving }: MigrationView): string | null {
  if (proving === null || proving.kind === 'running') return null
  const isVerify = proving.what === 'verify'
  if (proving.kind === 'failed') return isVerify ? 'Verifying failed.' : 'Finalizing failed.'
  // That it is finalized is its status.
  return isVerify ? (proving.holds ? 'Verified: it holds.' : 'Verified: it does not hold.') : null
}
