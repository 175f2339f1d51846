/** Statuses as pages show them: glyph, tone and word in one place, so that no screen invents its own. */
import type { MigrationView } from '../../../shared/app-state.ts'
import type { MigrationStateValue } from '../../../shared/cli-output.ts'
import { isDriven } from '../../../shared/describe-migration.ts'
import type { JobStatus } from '../../../shared/status.ts'
import type { GlyphName, Tone } from './glyphs.ts'
import { liveRunOf } from './live-run.ts'

export interface Shown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
  readonly isMoving: boolean
}

const still = (glyph: GlyphName, tone: Tone, word: string): Shown => ({ glyph, tone, word, isMoving: false })

/** Where nothing is heard of the target, what was going on is not known to go on, nor what was held to be held. */
export function migrationShown(view: MigrationView, isSilent = false): Shown {
  const shown = shownOf(view)
  return isSilent && (shown.isMoving || shown.glyph === 'holding') ? still('off', 'text', 'no answer') : shown
}

function shownOf(view: MigrationView): Shown {
  const { state, proving } = view
  if (proving?.kind === 'running' && state.status !== 'finalized') {
    return {
      glyph: 'running',
      tone: 'running',
      word: proving.what === 'verify' ? 'verifying' : 'finalizing',
      isMoving: true,
    }
  }
  return stateShown(state, liveRunOf(view) !== null)
}

function stateShown(state: MigrationStateValue, isRunning = false): Shown {
  switch (state.status) {
    case 'active':
      if (state.isAttached) return still('pending', 'pending', 'active in GitLab')
      if (state.hold !== null) return still('holding', 'holding', 'on hold')
      if (isRunning || isDriven(state)) return { glyph: 'running', tone: 'running', word: 'running', isMoving: true }
      return still('pending', 'pending', state.startedAt === null || state.rows.scanned === 0 ? 'queued' : 'not driven')
    case 'paused':
      return still('paused', 'paused', 'paused')
    case 'finalizing':
      if (state.isAttached) return still('pending', 'pending', 'finalizing in GitLab')
      return { glyph: 'running', tone: 'running', word: 'finalizing', isMoving: true }
    case 'finished':
      return still('done', 'done', 'finished')
    case 'failed':
      return still('failed', 'failed', 'failed')
    case 'finalized':
      return still('finalized', 'finalized', 'finalized')
  }
}

export function jobShown(status: JobStatus, isBlocked: boolean): Shown {
  switch (status) {
    case 'pending':
      return still('pending', 'pending', 'pending')
    case 'running':
      return { glyph: 'running', tone: 'running', word: 'running', isMoving: true }
    case 'succeeded':
      return still('done', 'done', 'succeeded')
    case 'failed':
      return isBlocked ? still('failed', 'failed', 'failed') : still('retrying', 'retrying', 'failed, will be retried')
  }
}

/** Migrations that want the operator: failed, or with jobs that used their attempts. */
export function wantsAttention({ state }: MigrationView): boolean {
  return state.status === 'failed' || state.jobs.blocked > 0
}
