import type { MigrationView } from '../../../../shared/app-state.ts'
import { verdictOf } from '../../../../shared/describe-verification.ts'
import type { VerificationView } from '../../../../shared/finalize-view.ts'
import { isPastRun } from '../../../../shared/status.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'
import { provingText } from '../../parts/proving-text.ts'

export interface Said {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly sentence: string
  readonly isMoving: boolean
}

export function verifySentence({ state, proving }: MigrationView, proof: VerificationView | null, nowMs: number): Said {
  if (proving?.kind === 'running') {
    const what = proving.what === 'verify' ? 'Verifying' : 'Finalizing'
    return {
      glyph: 'running',
      tone: 'running',
      sentence: `${what}: ${provingText(proving, nowMs)}`,
      isMoving: true,
    }
  }
  if (proof === null) {
    const isFinished = isPastRun(state.status)
    return {
      glyph: 'pending',
      tone: 'pending',
      sentence: isFinished ? 'Not verified yet.' : 'Not verified yet, and not finished: the checks would say so.',
      isMoving: false,
    }
  }
  const sentence = verdictOf(proof)
  if (!proof.holds) return { glyph: 'failed', tone: 'failed', sentence, isMoving: false }
  if (proof.isStale)
    return { glyph: 'stale', tone: 'text', sentence: `${sentence} But the proof is stale.`, isMoving: false }
  return { glyph: 'done', tone: 'done', sentence, isMoving: false }
}
