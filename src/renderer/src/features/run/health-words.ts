/** What an indicator says, as the monitor shows it. */
import type { HealthReading, HealthSignal, Hold } from '../../../../shared/health.ts'
import { formatMeasure } from '../../../../shared/health.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

interface Shown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
}

export const SIGNALS: Readonly<Record<HealthSignal, Shown>> = {
  normal: { glyph: 'done', tone: 'done', word: 'normal' },
  stop: { glyph: 'holding', tone: 'holding', word: 'stop' },
  unknown: { glyph: 'unknown', tone: 'text', word: 'unknown' },
  not_available: { glyph: 'off', tone: 'neutral', word: 'not available' },
}

const ORDER: readonly HealthSignal[] = ['stop', 'unknown', 'normal', 'not_available']

/** `1 stop, 4 normal, 2 not available`: the counts add up to the rows. */
export function healthSummary(readings: readonly Pick<HealthReading, 'signal'>[]): string {
  return ORDER.map((signal) => ({ signal, count: readings.filter((reading) => reading.signal === signal).length }))
    .filter(({ count }) => count > 0)
    .map(({ signal, count }) => `${String(count)} ${SIGNALS[signal].word}`)
    .join(', ')
}

/** `41 s, limit 10 s`; null where nothing was measured. */
export function measureOfHold({ value, limit, unit }: Pick<Hold, 'value' | 'limit' | 'unit'>): string | null {
  if (value === null || unit === null) return null
  return `${formatMeasure(value, unit)}${limit === null ? '' : `, limit ${formatMeasure(limit, unit)}`}`
}
