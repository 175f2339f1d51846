/** Queue ─ Run ─ Verify ─ Finalize: where a migration stands, with the gate of each step to come. */
import type { MigrationView } from '../../../shared/app-state.ts'
import type { VerificationView } from '../../../shared/finalize-view.ts'
import { countOf } from '../../../shared/format-number.ts'
import { isPastRun } from '../../../shared/status.ts'
import type { GlyphName, Tone } from './glyphs.ts'
import { migrationShown } from './status.ts'
import { percentOf } from './percent.ts'
import { shortTime } from './time.ts'

export type StepName = 'queue' | 'run' | 'verify' | 'finalize'

export interface Step {
  readonly name: StepName
  readonly text: string
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly isMoving: boolean
  readonly note: string
}

type Face = Omit<Step, 'name' | 'text'>

interface Known {
  readonly proof: VerificationView | null
  readonly nowMs: number
  /** Nothing is heard of the target: what goes on there is not known, nor what was proven where it was not read before. */
  readonly isSilent: boolean
}

export function trackOf(view: MigrationView, known: Known): readonly Step[] {
  const { proof, nowMs, isSilent } = known
  const told = (step: Face): Face => (isSilent && step.isMoving ? face('off', 'text', 'no answer') : step)
  const isUnread = isSilent && proof === null && isPastRun(view.state.status)
  return [
    { name: 'queue', text: 'Queue', ...face('done', 'done', shortTime(view.state.createdAt, nowMs)) },
    { name: 'run', text: 'Run', ...told(runFace(view, known)) },
    {
      name: 'verify',
      text: 'Verify',
      ...(isUnread ? face('unknown', 'text', 'not known now') : told(verifyFace(view, proof, nowMs))),
    },
    { name: 'finalize', text: 'Finalize', ...told(finalizeFace(view, proof, nowMs)) },
  ]
}

/** Before there is a migration: the first step is open, the others wait for it. */
export const QUEUEING: readonly Step[] = [
  { name: 'queue', text: 'Queue', ...face('running', 'text', 'arguments and pace') },
  { name: 'run', text: 'Run', ...face('pending', 'pending', 'needs a queued row') },
  { name: 'verify', text: 'Verify', ...face('pending', 'pending', 'needs to be finished') },
  { name: 'finalize', text: 'Finalize', ...face('pending', 'pending', 'needs fresh checks') },
]

function face(glyph: GlyphName, tone: Tone, note: string): Face {
  return { glyph, tone, note, isMoving: false }
}

function runFace(view: MigrationView, { nowMs, isSilent }: Known): Face {
  const { state } = view
  if (isPastRun(view.state.status)) {
    const when = state.finishedAt === null ? '' : `${shortTime(state.finishedAt, nowMs)} · `
    return face('done', 'done', `${when}${countOf(state.jobs.succeeded, 'job')}`)
  }
  const { glyph, tone, word, isMoving } = migrationShown(view, isSilent)
  const failed = state.jobs.blocked
  return {
    glyph,
    tone,
    isMoving,
    note: failed > 0 ? `${word} · ${String(failed)} failed` : `${word} · ${percentOf(view)}`,
  }
}

function verifyFace(view: MigrationView, proof: VerificationView | null, nowMs: number): Face {
  const { proving } = view
  if (proving?.kind === 'running' && proving.what === 'verify') {
    return {
      glyph: 'running',
      tone: 'running',
      isMoving: true,
      note: `${String(proving.checks.length)} of ${proving.step === null ? '–' : String(proving.step.checks)}`,
    }
  }
  if (proof === null) return face('pending', 'pending', gateOfVerify(view))
  const held = proof.checks.filter(({ holds }) => holds).length
  const note = `${shortTime(proof.verifiedAt, nowMs)} · ${String(held)} of ${String(proof.checks.length)}`
  if (!proof.holds) return face('failed', 'failed', note)
  return proof.isStale
    ? face('stale', 'text', `stale · ${String(held)} of ${String(proof.checks.length)}`)
    : face('done', 'done', note)
}

/** What stands before its checks: failed jobs are told of once there are some. */
function gateOfVerify({ state: { status, jobs } }: MigrationView): string {
  if (isPastRun(status)) return 'needs its checks run'
  return jobs.blocked + jobs.retriable > 0 ? 'needs 0 failed jobs' : 'needs to be finished'
}

function finalizeFace(view: MigrationView, proof: VerificationView | null, nowMs: number): Face {
  const { state, proving } = view
  if (state.status === 'finalized') {
    const at = proving?.kind === 'done' && proving.what === 'finalize' ? shortTime(proving.atMs, nowMs) : 'sealed'
    return face('finalized', 'finalized', at)
  }
  if (state.status === 'finalizing' || (proving?.kind === 'running' && proving.what === 'finalize')) {
    return { glyph: 'running', tone: 'running', isMoving: true, note: 'finalizing' }
  }
  return face(
    'pending',
    'pending',
    proof?.holds === true && isPastRun(view.state.status) ? 'open' : 'needs fresh checks',
  )
}
