import type { TargetView } from '../../../../shared/app-state.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

export function linkShown(target: TargetView | undefined): {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
} {
  switch (target?.link.kind) {
    case undefined:
      return { glyph: 'off', tone: 'neutral', word: 'not open' }
    case 'connecting':
      return { glyph: 'running', tone: 'running', word: 'connecting' }
    case 'connected':
      return { glyph: 'done', tone: 'done', word: 'open' }
    case 'lost':
      return { glyph: 'off', tone: 'text', word: 'no answer' }
    case 'refused':
      return { glyph: 'failed', tone: 'failed', word: 'refused' }
  }
}
