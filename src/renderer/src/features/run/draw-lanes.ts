import type { Palette } from './draw-strip.ts'
import { type Lanes, scaleTop } from './lane-data.ts'

export const LANE_HEIGHT = 48
export const LANE_GAP = 12
export const AXIS = 18
const LABEL = 120
const SCALE = 52

interface Drawing {
  readonly lanes: Lanes
  readonly palette: Palette
  readonly width: number
  readonly rateText: (value: number) => string
  readonly secondsText: (value: number) => string
  readonly timeText: (atMs: number) => string
}

export function drawLanes(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { lanes, palette, width, rateText, secondsText, timeText } = drawing
  const left = LABEL
  const right = width - SCALE
  const x = (atMs: number): number => left + ((atMs - lanes.fromMs) / (lanes.toMs - lanes.fromMs)) * (right - left)
  const colour = (name: string): string => palette[name] ?? ''
  context.font = "11px 'Plex Mono'"

  const frame = (lane: number, top: number, text: (value: number) => string): ((value: number) => number) => {
    const y0 = 6 + lane * (LANE_HEIGHT + LANE_GAP)
    const y = (value: number): number => y0 + LANE_HEIGHT - (Math.min(top, value) / top) * LANE_HEIGHT
    context.strokeStyle = colour('line')
    context.lineWidth = 1
    context.setLineDash([])
    line(context, left, right, Math.round(y(0)) + 0.5)
    context.setLineDash([1, 3])
    for (const share of [0.5, 1]) line(context, left, right, Math.round(y(top * share)) + 0.5)
    context.setLineDash([])
    context.fillStyle = colour('text3')
    context.textAlign = 'left'
    context.textBaseline = 'middle'
    for (const share of [0, 0.5, 1]) context.fillText(text(top * share), right + 8, y(top * share))
    return y
  }

  const rateAt = frame(0, scaleTop(Math.max(...lanes.rates.map(({ value }) => value))), rateText)
  context.strokeStyle = colour('text1')
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.beginPath()
  lanes.rates.forEach(({ atMs, value }, index) => {
    if (index === 0) context.moveTo(x(atMs), rateAt(value))
    else context.lineTo(x(atMs), rateAt(value))
  })
  context.stroke()

  const durationAt = frame(1, scaleTop(Math.max(...lanes.durations.map(({ value }) => value))), secondsText)
  for (const { atMs, value, isFailed } of lanes.durations) {
    const px = Math.round(x(atMs))
    const py = Math.round(durationAt(value))
    context.fillStyle = colour(isFailed ? 'failed' : 'text2')
    // A failed one is larger and has another shape, since red alone says nothing.
    if (isFailed) cross(context, px, py, colour('failed'))
    else context.fillRect(px - 1, py - 1, 2.5, 2.5)
  }

  context.fillStyle = colour('text3')
  const bottom = 6 + 2 * LANE_HEIGHT + LANE_GAP
  const shown = new Set<string>()
  for (const share of [0, 1, 0.5, 0.25, 0.75]) {
    const at = lanes.fromMs + share * (lanes.toMs - lanes.fromMs)
    context.textAlign = share === 0 ? 'left' : share === 1 ? 'right' : 'center'
    // Within a few seconds two of them read the same.
    if (shown.has(timeText(at))) continue
    shown.add(timeText(at))
    context.fillText(timeText(at), x(at), bottom + 11)
  }
}

function line(context: CanvasRenderingContext2D, from: number, to: number, y: number): void {
  context.beginPath()
  context.moveTo(from, y)
  context.lineTo(to, y)
  context.stroke()
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(x - 3, y - 3)
  context.lineTo(x + 3, y + 3)
  context.moveTo(x + 3, y - 3)
  context.lineTo(x - 3, y + 3)
  context.stroke()
}
