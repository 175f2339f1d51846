/** What happened along the time axis of the lanes, from the log: holds as spans, what somebody or something did as marks. */
import { formatDuration } from '../../../../shared/format-duration.ts'
import type { Hold } from '../../../../shared/health.ts'
import type { LogEntry } from '../../../../shared/history-view.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

export interface Mark {
  readonly atMs: number
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly text: string
  /** The job that it leads to. */
  readonly jobId: string | null
}

/** Those that ended, and the one that stands. */
export function holdSpans(entries: readonly LogEntry[], hold: Hold | null, nowMs: number): readonly TimeSpan[] {
  const ended = entries.flatMap(({ kind, atMs, details }) =>
    kind === 'hold_ended' && typeof details.since === 'string'
      ? [{ fromMs: Date.parse(details.since), toMs: atMs }]
      : [],
  )
  const since = hold?.since ?? null
  return since === null ? ended : [...ended, { fromMs: Date.parse(since), toMs: nowMs }]
}

/** Newest first; what stands too near to a newer one is left to the log. */
export function marksOf(entries: readonly LogEntry[], holds: readonly TimeSpan[], nearMs: number): readonly Mark[] {
  const all = [
    ...entries.flatMap(markOf),
    ...holds.map(({ fromMs, toMs }): Mark => {
      return {
        atMs: fromMs,
        glyph: 'holding',
        tone: 'holding',
        text: formatDuration((toMs - fromMs) / 1_000),
        jobId: null,
      }
    }),
  ].sort((a, b) => b.atMs - a.atMs)
  const kept: Mark[] = []
  for (const mark of all) if (!kept.some(({ atMs }) => Math.abs(atMs - mark.atMs) < nearMs)) kept.push(mark)
  return kept
}

function markOf({ kind, atMs, jobId, details }: LogEntry): readonly Mark[] {
  switch (kind) {
    case 'job_failed':
      return [{ atMs, glyph: 'failed', tone: 'failed', text: jobId ?? '', jobId }]
    case 'pause':
      return [{ atMs, glyph: 'paused', tone: 'paused', text: 'paused', jobId: null }]
    case 'retry':
      return [{ atMs, glyph: 'retrying', tone: 'retrying', text: 'retry', jobId: null }]
    case 'set':
      return [{ atMs, glyph: 'pace', tone: 'text', text: settingText(details), jobId: null }]
    case 'optimize':
      return details.from === details.to
        ? []
        : [{ atMs, glyph: 'pace', tone: 'text', text: `batch ${String(details.to)}`, jobId: null }]
    default:
      return []
  }
}

/** `pause 60 ms`: the first that was set; the log has the others. */
function settingText(details: Readonly<Record<string, unknown>>): string {
  const [first] = Object.entries(details)
  if (first === undefined) return ''
  const [name, value] = first
  const shown = typeof value === 'number' || typeof value === 'string' ? String(value) : 'none'
  const [words, unit] = SETTINGS[name] ?? [name, '']
  return `${words} ${shown}${unit}`
}

const SETTINGS: Readonly<Record<string, readonly [string, string]>> = {
  batchSize: ['batch', ''],
  subBatchSize: ['sub-batch', ''],
  maxBatchSize: ['max batch', ''],
  intervalSeconds: ['interval', ' s'],
  pauseMs: ['pause', ' ms'],
}
