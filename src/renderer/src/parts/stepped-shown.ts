/** Statuses of stepped migrations as pages show them. */
import type { SteppedMigrationValue } from '../../../shared/stepped-view.ts'
import type { GlyphName, Tone } from './glyphs.ts'

export interface SteppedShown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
}

export function steppedShown({ status, needsApproval }: SteppedMigrationValue): SteppedShown {
  if (needsApproval !== null && status !== 'completed')
    return { glyph: 'lock', tone: 'holding', word: 'waits for approval' }
  switch (status) {
    case null:
      return { glyph: 'pending', tone: 'pending', word: 'no record yet' }
    case 'pending':
      return { glyph: 'pending', tone: 'pending', word: 'pending' }
    case 'in_progress':
      return { glyph: 'running', tone: 'running', word: 'in progress' }
    case 'completed':
      return { glyph: 'done', tone: 'done', word: 'completed' }
    case 'skipped':
      return { glyph: 'off', tone: 'neutral', word: 'skipped' }
    case 'failed':
      return { glyph: 'failed', tone: 'failed', word: 'failed' }
  }
}
