/** One lane: a uPlot chart without legend or title, on the time axis that all lanes share. */
import uPlot from 'uplot'
import type { Palette } from './draw-strip.ts'
import { type Point, scaleTop, withoutOutliers } from './lane-data.ts'

export const PLOT_LEFT = 120
export const SCALE_WIDTH = 52
const LANE_HEIGHT = 48
const AXIS_HEIGHT = 18
/** uPlot's enum of sides is of its types alone: at run time there are only its numbers. */
const ON_THE_RIGHT: Readonly<Record<string, number>> = { side: 1 }
/** `14:02:05`, half of it. */
const HALF_TIME = 28
/** Between the chart and the numbers of its scale. */
const SCALE_GAP = 8
/** Room for a mark at the very top or bottom of its scale. */
const MARGIN = 6

export interface LaneFace {
  readonly kind: 'line' | 'points'
  /** Lanes of one group show one cursor. */
  readonly group: string
  readonly hasTimeAxis: boolean
  readonly palette: () => Palette
  readonly valueText: (value: number) => string
  readonly timeText: (atMs: number) => string
  /** Where the cursor is; null: nowhere. */
  readonly oncursor: (atMs: number | null) => void
  readonly onpress: (atMs: number) => void
}

export interface LaneContent {
  readonly fromMs: number
  readonly toMs: number
  readonly points: readonly (Point & { readonly isFailed?: boolean })[]
  /** Where one of them is wanted: drawn under the points. */
  readonly band: { readonly low: number; readonly high: number } | null
  /** Above it the migration is held. */
  readonly stop: number | null
  readonly holds: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly marks: readonly number[]
}

export interface LanePlot {
  show(content: LaneContent): void
  destroy(): void
}

export function createLanePlot(element: HTMLElement, width: number, face: LaneFace): LanePlot {
  let content: LaneContent | null = null
  /** Of the scale, for what is shown. */
  let top = scaleTop(0)
  const colour = (name: string): string => face.palette()[name] ?? ''
  const plot = new uPlot(
    {
      width: Math.max(1, width),
      height: heightOf(face),
      padding: [MARGIN, 0, face.hasTimeAxis ? 0 : MARGIN, 0],
      legend: { show: false },
      cursor: {
        sync: { key: face.group, scales: ['x', null] },
        y: false,
        drag: { x: false, y: false },
        points: { show: false },
      },
      scales: { x: { time: false }, y: { range: () => [0, top] } },
      axes: [
        {
          show: face.hasTimeAxis,
          size: AXIS_HEIGHT,
          space: 96,
          gap: 2,
          stroke: () => colour('text3'),
          font: "11px 'Plex Mono'",
          grid: { show: false },
          ticks: { show: false },
          values: (u, splits) => {
            // A label has its half before the left edge, and ends before the scale at the right begins.
            const last = u.bbox.width / uPlot.pxRatio - HALF_TIME + SCALE_GAP
            const isWhole = (split: number): boolean => {
              const at = u.valToPos(split, 'x')
              return at >= HALF_TIME && at <= last
            }
            return onceEach(splits.map((split) => (isWhole(split) ? face.timeText(split) : '')))
          },
        },
        {
          ...ON_THE_RIGHT,
          size: SCALE_WIDTH,
          gap: SCALE_GAP,
          stroke: () => colour('text3'),
          font: "11px 'Plex Mono'",
          splits: () => [0, 0.5, 1].map((share) => share * top),
          values: (_, splits) => splits.map(face.valueText),
          grid: { stroke: () => colour('line'), width: 1, dash: [1, 3] },
          ticks: { show: false },
        },
      ],
      series: [
        {},
        face.kind === 'line'
          ? { stroke: () => colour('text1'), width: 1.5, points: { show: false } }
          : { paths: () => null, points: { show: true, size: 3, width: 0, fill: () => colour('text2') } },
      ],
      hooks: {
        drawClear: [(u) => content !== null && drawUnder(u, content, colour)],
        draw: [(u) => content !== null && drawOver(u, content, { colour, top })],
        setCursor: [
          (u) => {
            const { left = -1 } = u.cursor
            face.oncursor(left < 0 ? null : u.posToVal(left, 'x'))
          },
        ],
        ready: [
          (u) =>
            u.over.addEventListener('click', () => {
              const { left = -1 } = u.cursor
              if (left >= 0) face.onpress(u.posToVal(left, 'x'))
            }),
        ],
      },
    },
    [[], []],
    element,
  )
  return {
    show(next) {
      content = next
      const { points } = next
      const values = points.map(({ value }) => value)
      top = topOf(values, face.kind, [next.stop ?? 0, next.band?.high ?? 0])
      plot.batch(() => {
        // Failed ones have a shape that uPlot does not know; they are drawn over it.
        const plotted = points.map(({ value, isFailed = false }) => (isFailed || value > top ? null : value))
        plot.setData([points.map(({ atMs }) => atMs), plotted], false)
        plot.setScale('x', { min: next.fromMs, max: next.toMs })
        plot.setScale('y', { min: 0, max: top })
      })
    },
    destroy: () => plot.destroy(),
  }
}

function heightOf({ hasTimeAxis }: Pick<LaneFace, 'hasTimeAxis'>): number {
  return LANE_HEIGHT + MARGIN + (hasTimeAxis ? AXIS_HEIGHT : MARGIN)
}

/**
 * A round number above what is shown, but for outliers among points; in a line a peak is what it is about. A limit only where it
 * is near, or it would flatten all else.
 */
function topOf(values: readonly number[], kind: LaneFace['kind'], limits: readonly number[]): number {
  const largest = kind === 'points' ? withoutOutliers(values) : Math.max(0, ...values)
  return scaleTop(Math.max(largest, ...limits.filter((limit) => limit <= 4 * largest)))
}

/** Within a few seconds two of them read the same. */
function onceEach(texts: readonly string[]): string[] {
  return texts.map((text, index) => (text === texts[index - 1] ? '' : text))
}

function drawUnder(u: uPlot, { holds, band }: LaneContent, colour: (name: string) => string): void {
  const { ctx, bbox } = u
  ctx.save()
  if (band !== null) {
    const [high, low] = [u.valToPos(band.high, 'y', true), u.valToPos(band.low, 'y', true)]
    ctx.fillStyle = colour('line')
    ctx.globalAlpha = 0.7
    const top = Math.max(bbox.top, high)
    if (low > bbox.top) ctx.fillRect(bbox.left, top, bbox.width, Math.max(2, low - top))
    ctx.globalAlpha = 1
  }
  ctx.fillStyle = colour('holding')
  ctx.globalAlpha = 0.4
  for (const { fromMs, toMs } of holds) {
    const left = Math.max(bbox.left, u.valToPos(fromMs, 'x', true))
    const right = Math.min(bbox.left + bbox.width, u.valToPos(toMs, 'x', true))
    const step = 4 * uPlot.pxRatio
    for (let y = bbox.top; y < bbox.top + bbox.height; y += step)
      ctx.fillRect(left, y, Math.max(2, right - left), uPlot.pxRatio)
  }
  ctx.restore()
}

interface Drawn {
  readonly colour: (name: string) => string
  /** Of the scale. */
  readonly top: number
}

function drawOver(u: uPlot, { points, stop, marks }: LaneContent, { colour, top }: Drawn): void {
  const { ctx, bbox } = u
  const ratio = uPlot.pxRatio
  ctx.save()
  ctx.lineWidth = ratio
  ctx.setLineDash([2 * ratio, 3 * ratio])
  ctx.strokeStyle = colour('text3')
  for (const atMs of marks) {
    const x = u.valToPos(atMs, 'x', true)
    line(ctx, [x, bbox.top], [x, bbox.top + bbox.height])
  }
  if (stop !== null && u.valToPos(stop, 'y', true) >= bbox.top) {
    ctx.strokeStyle = colour('holding')
    ctx.setLineDash([4 * ratio, 3 * ratio])
    const y = u.valToPos(stop, 'y', true)
    line(ctx, [bbox.left, y], [bbox.left + bbox.width, y])
  }
  // What took far longer than all else stands at the top, as an arrow.
  ctx.fillStyle = colour('text2')
  for (const { atMs } of points.filter(({ value, isFailed = false }) => !isFailed && value > top)) {
    const [x, arm] = [u.valToPos(atMs, 'x', true), 3 * ratio]
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x - arm, bbox.top + 2 * arm)
    ctx.lineTo(x + arm, bbox.top + 2 * arm)
    ctx.fill()
  }
  // A failed one is larger and has another shape, since red alone says nothing.
  ctx.setLineDash([])
  ctx.strokeStyle = colour('failed')
  ctx.lineWidth = 1.5 * ratio
  for (const { atMs, value } of points.filter(({ isFailed }) => isFailed)) {
    const [x, y, arm] = [u.valToPos(atMs, 'x', true), u.valToPos(Math.min(value, top), 'y', true), 3 * ratio]
    line(ctx, [x - arm, y - arm], [x + arm, y + arm])
    line(ctx, [x - arm, y + arm], [x + arm, y - arm])
  }
  ctx.restore()
}

type Position = readonly [x: number, y: number]

function line(ctx: CanvasRenderingContext2D, from: Position, to: Position): void {
  ctx.beginPath()
  ctx.moveTo(...from)
  ctx.lineTo(...to)
  ctx.stroke()
}
