import type { MigrationView } from '../../../../shared/app-state.ts'
import type { FinalizeGates, Proving } from '../../../../shared/finalize-view.ts'
import { formatCount } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'
import { provingText } from '../../parts/proving-text.ts'

export interface Said {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly sentence: string
  readonly isMoving: boolean
}

type Running = Extract<Proving, { kind: 'running' }>

/** First the remainder, then the checks, then what the definition does afterwards. */
function finalizingText(proving: Running, nowMs: number): string {
  if (proving.step !== null) return `Finalizing: ${provingText(proving, nowMs)}`
  return proving.checks.length === 0
    ? 'Finalizing: the remainder is run first.'
    : 'Finalizing: all checks are answered.'
}

const still = (glyph: GlyphName, tone: Tone, sentence: string): Said => ({ glyph, tone, sentence, isMoving: false })

export function finalizeSentence({ state, proving }: MigrationView, gates: FinalizeGates | null, nowMs: number): Said {
  if (state.status === 'finalized') {
    return still(
      'finalized',
      'finalized',
      `Finalized. Migration ${state.id} is sealed: ${formatCount(state.rows.changed)} of ${formatCount(state.rows.scanned)} rows changed.`,
    )
  }
  if (proving?.kind === 'running') {
    return {
      glyph: 'running',
      tone: 'running',
      sentence: proving.what === 'verify' ? 'Verifying; finalizing waits for it.' : finalizingText(proving, nowMs),
      isMoving: true,
    }
  }
  if (gates === null) return still('pending', 'pending', 'Reading the gates.')
  const failed = gates.gates.filter(({ outcome }) => outcome === 'failed').length
  const open = gates.gates.filter(({ outcome }) => outcome === 'open').length
  const unsettled = gates.gates.filter(({ outcome }) => outcome === 'unsettled').length
  const all = gates.gates.length
  if (failed > 0)
    return still(
      'failed',
      'failed',
      `${String(failed)} of ${String(all)} gates ${failed === 1 ? 'keeps' : 'keep'} it from being finalized.`,
    )
  if (unsettled > 0)
    return still(
      'warn',
      'holding',
      `${String(all - open - unsettled)} of ${String(all)} gates hold. Failed jobs would be tried again; if one fails, nothing is finalized.`,
    )
  if (open > 0)
    return still(
      'pending',
      'pending',
      `${String(all - open)} of ${String(all)} gates hold; finalizing settles the others itself.`,
    )
  return still('done', 'done', `All ${String(all)} gates hold. Finalizing seals this migration.`)
}
