/** A page whose process died is loaded again; one that keeps dying is given up, so that somebody hears of it. */
import type { WebContents } from 'electron'

const WITHIN_MS = 60_000
const TOLERATED = 3

/** `giveUp` is called once. */
export function watchPage(contents: WebContents, giveUp: (why: string) => void): void {
  let crashes: readonly number[] = []
  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || crashes.length > TOLERATED) return
    const now = performance.now()
    crashes = [...crashes.filter((at) => now - at < WITHIN_MS), now]
    if (crashes.length > TOLERATED) giveUp(`the page died again and again (${reason}, ${String(exitCode)})`)
    else contents.reload()
  })
}
