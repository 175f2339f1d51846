/** Where the window was when it was closed; on a screen that is there, and never smaller than its pages. */
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserWindow, Rectangle, Screen } from 'electron'

export interface WindowPlace {
  readonly width: number
  readonly height: number
  /** Left out: the system chooses. */
  readonly x?: number
  readonly y?: number
  readonly isMaximized: boolean
}

const FIRST: WindowPlace = { width: 1_280, height: 800, isMaximized: false }
/** Of the window that must be on a screen, so that its title bar can be taken hold of. */
const VISIBLE_PIXELS = 100

/** The place that was kept; the first one where none was, or where no screen shows it any more. */
export async function recallPlace(folder: string, screen: Pick<Screen, 'getAllDisplays'>): Promise<WindowPlace> {
  const kept = readPlace(await readFile(fileIn(folder), 'utf8').catch(() => ''))
  if (kept === null) return FIRST
  const isSeen = screen.getAllDisplays().some(({ workArea }) => shows(workArea, kept))
  return isSeen ? kept : { ...FIRST, isMaximized: kept.isMaximized }
}

/** At once, since the process may end next. Losing it costs nobody anything: failures are ignored. */
export function keepPlace(folder: string, window: BrowserWindow): void {
  const { x, y, width, height } = window.getNormalBounds()
  const place = { x, y, width, height, isMaximized: window.isMaximized() } satisfies WindowPlace
  try {
    writeFileSync(fileIn(folder), JSON.stringify(place), { mode: 0o600 })
  } catch {
    return
  }
}

function fileIn(folder: string): string {
  return join(folder, 'window.json')
}

function readPlace(text: string): Required<WindowPlace> | null {
  try {
    const { x, y, width, height, isMaximized } = JSON.parse(text) as Partial<Record<keyof WindowPlace, unknown>>
    const numbers = [x, y, width, height].filter((value) => typeof value === 'number' && Number.isSafeInteger(value))
    const [left, top, wide = 0, high = 0] = numbers as number[] // just filtered
    if (numbers.length !== 4 || left === undefined || top === undefined || wide < 1 || high < 1) return null
    return { x: left, y: top, width: wide, height: high, isMaximized: isMaximized === true }
  } catch {
    return null
  }
}

function shows(area: Rectangle, { x, y, width }: Required<WindowPlace>): boolean {
  const overlap = Math.min(x + width, area.x + area.width) - Math.max(x, area.x)
  return overlap >= VISIBLE_PIXELS && y >= area.y && y <= area.y + area.height - VISIBLE_PIXELS
}
