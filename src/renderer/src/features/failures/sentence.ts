import { countOf } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

interface Counted {
  /** Failed with all attempts used, and for how many reasons. */
  readonly blocked: number
  readonly reasons: number
  readonly retriable: number
  readonly quarantined: number
  /** Something failed once. */
  readonly hasGroups: boolean
}

interface Said {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly sentence: string
}

export function failuresSentence({ blocked, reasons, retriable, quarantined, hasGroups }: Counted): Said {
  if (blocked > 0) {
    const why = reasons > 0 ? `, for ${countOf(reasons, 'reason')}` : ''
    return { glyph: 'failed', tone: 'failed', sentence: `${countOf(blocked, 'job')} failed${why}.` }
  }
  if (retriable > 0) {
    return {
      ...{ glyph: 'retrying', tone: 'retrying' },
      sentence: `${countOf(retriable, 'failed job')} will be tried again.`,
    }
  }
  if (quarantined > 0) {
    return {
      ...{ glyph: 'quarantined', tone: 'text' },
      sentence: `${countOf(quarantined, 'row is', 'rows are')} in quarantine; no job is failed.`,
    }
  }
  return hasGroups
    ? { glyph: 'done', tone: 'done', sentence: 'No job is failed now; what failed before is below.' }
    : { glyph: 'done', tone: 'done', sentence: 'No job of this migration has failed.' }
}
