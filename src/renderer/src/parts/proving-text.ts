import type { Proving } from '../../../shared/finalize-view.ts'
import { formatDuration } from '../../../shared/format-duration.ts'

type Running = Extract<Proving, { kind: 'running' }>

/** `2 of 7 checks answered; now counting the exception "bots", 12.0 s.` */
export function provingText({ step, checks, sinceMs }: Running, nowMs: number): string {
  const seconds = (since: number): string => {
    const elapsed = Math.floor((nowMs - since) / 1_000)
    return elapsed < 2 ? '' : `, ${formatDuration(elapsed)}`
  }
  if (step === null) return `${String(checks.length)} checks answered${seconds(sinceMs)}.`
  const what = step.kind === 'exception' ? `counting the exception "${step.name}"` : `asking "${step.name}"`
  return `${String(checks.length)} of ${String(step.checks)} checks answered; now ${what}${seconds(step.sinceMs)}.`
}
