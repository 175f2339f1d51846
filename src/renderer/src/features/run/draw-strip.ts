import { type CellStatus, GUTTER, ROW_HEIGHT, type StripCell, type StripLayout } from './strip-layout.ts'

export type Palette = Readonly<Record<string, string>>

const CELL_HEIGHT = 12

interface Drawing {
  readonly layout: StripLayout
  readonly palette: Palette
  readonly selected: number | null
  readonly hasPatterns: boolean
  readonly font: string
}

export function drawStrip(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { layout, palette, selected, font } = drawing
  context.font = font
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.fillStyle = palette.text3 ?? ''
  for (let row = 0; row < layout.rows; row += 1) {
    const number = row * layout.columns * layout.perCell + 1
    context.fillText(String(number).replaceAll(/\B(?=(\d{3})+$)/g, '\u2009'), GUTTER - 8, row * ROW_HEIGHT + 7)
  }
  layout.cells.forEach((cell, index) => drawCell(context, cell, drawing, placeOf(layout, index)))
  if (selected === null) return
  const { x, y } = placeOf(layout, selected)
  context.strokeStyle = palette.focus ?? ''
  context.lineWidth = 2
  context.strokeRect(x - 1, y - 1, layout.pitch + 1, CELL_HEIGHT + 2)
}

interface Point {
  readonly x: number
  readonly y: number
}

function placeOf({ columns, pitch }: StripLayout, index: number): Point {
  return { x: GUTTER + (index % columns) * pitch, y: Math.floor(index / columns) * ROW_HEIGHT + 1 }
}

function drawCell(
  context: CanvasRenderingContext2D,
  cell: StripCell,
  { layout, palette, hasPatterns }: Drawing,
  { x, y }: Point,
): void {
  const width = layout.pitch - 1
  const paint = (name: string): void => {
    context.fillStyle = palette[name] ?? ''
  }
  const box = (dx: number, dy: number, w: number, h: number): void => context.fillRect(x + dx, y + dy, w, h)
  const shape: Readonly<Record<CellStatus, () => void>> = {
    pending() {
      context.strokeStyle = palette.pending ?? ''
      context.globalAlpha = 0.62
      context.lineWidth = 1
      context.strokeRect(x + 0.5, y + 0.5, width - 1, CELL_HEIGHT - 1)
      context.globalAlpha = 1
    },
    holding() {
      shape.pending()
      paint('holding')
      for (const dy of [2, 5, 8]) box(1, dy, width - 2, 2)
    },
    running() {
      paint('running')
      box(0, 0, width, CELL_HEIGHT)
      paint('text1')
      box(0, -1, width, 1)
    },
    failed() {
      paint('failed')
      context.beginPath()
      context.moveTo(x, y - 1)
      if (hasPatterns) {
        context.lineTo(x + width / 2 - 2.5, y - 1)
        context.lineTo(x + width / 2, y + 4)
        context.lineTo(x + width / 2 + 2.5, y - 1)
      }
      context.lineTo(x + width, y - 1)
      context.lineTo(x + width, y + CELL_HEIGHT + 1)
      context.lineTo(x, y + CELL_HEIGHT + 1)
      context.fill()
    },
    retrying() {
      paint('retrying')
      if (!hasPatterns) {
        box(0, 0, width, CELL_HEIGHT)
        return
      }
      // Diagonals, clipped to the cell.
      for (let offset = 0; offset < CELL_HEIGHT + width; offset += 4) {
        for (let step = 0; step < width; step += 1) {
          const dy = offset - step
          if (dy >= 0 && dy < CELL_HEIGHT) box(step, dy, 1, 2)
        }
      }
    },
    retried() {
      shape.done()
      if (!hasPatterns) return
      context.beginPath()
      context.arc(x + width / 2, y + CELL_HEIGHT / 2, 2, 0, Math.PI * 2)
      paint('bg0')
      context.fill()
      context.strokeStyle = palette.text1 ?? ''
      context.lineWidth = 1
      context.stroke()
    },
    done() {
      paint(`done-${String(cell.step)}`)
      box(0, 0, width, CELL_HEIGHT)
    },
  }
  shape[cell.status]()
}
