/** The glyphs: 12 px, one stroke or one fill. Each status has a shape of its own, so that none is told by hue alone. */
export interface Shape {
  readonly d: string
  /** null: filled. */
  readonly stroke: number | null
}

const line = (d: string, stroke = 1.5): Shape => ({ d, stroke })
const fill = (d: string): Shape => ({ d, stroke: null })
const RING = 'M6 1.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5z'

export const GLYPHS = {
  pending: [line(RING)],
  running: [line(RING), fill('M6 1.75a4.25 4.25 0 0 0 0 8.5z')],
  holding: [
    line('M6 2.25a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z', 1.25),
    line('M4.6.75h2.8'),
    fill('M4 4.75h1.4v4H4zM6.6 4.75H8v4H6.6z'),
  ],
  paused: [fill('M2.5 1.5H5v9H2.5zM7 1.5h2.5v9H7z')],
  retrying: [line('M10.25 6a4.25 4.25 0 1 1-1.5-3.25', 1.6), fill('M9.4.4v3h-3z')],
  failed: [line('M2.25 2.25l7.5 7.5M9.75 2.25l-7.5 7.5', 2)],
  done: [line('M1.75 6.5l3 3 5.5-7', 1.9)],
  finalized: [fill('M6 .5L11.5 6 6 11.5.5 6z')],

  stale: [line('M6 1.5A4.5 4.5 0 1 1 1.5 6', 1.4), line('M6 3.75v2.5h2', 1.3), line('M2.4 3.2v.1', 1.6)],
  warn: [line('M6 1.4l5.2 9.2H.8z', 1.3), line('M6 4.6v2.6M6 8.9v.1', 1.4)],
  unknown: [
    line('M6 1.25a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 0 1 0-9.5z', 1.1),
    line('M4.6 4.8c0-2 2.9-2 2.9-.1 0 1.1-1.4 1.1-1.4 2.2M6.1 8.7v.1', 1.2),
  ],
  unresolved: [line('M2 2h8v8H2z', 1.4), line('M4 6h4', 1.4)],
  quarantined: [line('M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z', 1.4), line('M3 9l6-6', 1.4)],
  unchanged: [line('M2 4.25h8M2 7.75h8')],
  changed: [line('M1.5 6h8M6.75 3l3 3-3 3')],
  lock: [fill('M2.5 5.5h7v5h-7z'), line('M4 5.5V3.75a2 2 0 0 1 4 0V5.5', 1.3)],
  note: [line('M2 2.5h8M2 6h8M2 9.5h5', 1.3)],
  pace: [line('M1 9.5h2.5V6h3V3.5h3v-2', 1.4)],
  off: [line('M1.5 6h2M5 6h2M8.5 6h2', 1.6)],
} as const satisfies Record<string, readonly Shape[]>

export type GlyphName = keyof typeof GLYPHS

export type Tone =
  'pending' | 'running' | 'holding' | 'paused' | 'retrying' | 'failed' | 'done' | 'finalized' | 'neutral' | 'text'
