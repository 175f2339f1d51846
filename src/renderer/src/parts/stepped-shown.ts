/** Where stepped migrations stand, as pages show it. */
import { STANDING_WORDS, standingOf, type SteppedMigrationValue } from '../../../shared/stepped-view.ts'
import type { GlyphName, Tone } from './glyphs.ts'

export interface SteppedShown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
}

const LOOKS = {
  no_record: { glyph: 'pending', tone: 'pending' },
  pending: { glyph: 'pending', tone: 'pending' },
  approved: { glyph: 'pending', tone: 'pending' },
  in_progress: { glyph: 'running', tone: 'running' },
  waiting: { glyph: 'holding', tone: 'holding' },
  waits_for_approval: { glyph: 'lock', tone: 'holding' },
  file_unusable: { glyph: 'failed', tone: 'failed' },
  completed: { glyph: 'done', tone: 'done' },
  skipped: { glyph: 'off', tone: 'neutral' },
  failed: { glyph: 'failed', tone: 'failed' },
} as const satisfies Record<keyof typeof STANDING_WORDS, { readonly glyph: GlyphName; readonly tone: Tone }>

export function steppedShown(migration: SteppedMigrationValue): SteppedShown {
  const standing = standingOf(migration)
  return { ...LOOKS[standing], word: STANDING_WORDS[standing] }
}
