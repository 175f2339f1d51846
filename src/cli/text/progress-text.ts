/** The progress line: how far, how fast, how long still, and what it waits for. */
import { formatTimeLeft } from '../../shared/format-duration.ts'
import { percentDone, percentOfRows } from '../../shared/percent-done.ts'
import { formatCount, formatEstimate, formatPercent, formatRate } from '../../shared/format-number.ts'

export interface ProgressView {
  readonly percentByKey: number | null
  /** By everybody since the migration was queued, as far as this run knows. */
  readonly scanned: number
  readonly totalTupleCount: number | null
  readonly rowsPerSecond: number
  readonly etaSeconds: { readonly low: number; readonly high: number } | null
  readonly waitingFor: string | null
}

export function progressText({
  percentByKey,
  scanned,
  totalTupleCount,
  rowsPerSecond,
  etaSeconds,
  waitingFor,
}: ProgressView): string {
  const of = totalTupleCount === null ? '' : ` of ${formatEstimate(totalTupleCount)}`
  const percent = percentDone({ percentByRows: percentOfRows(scanned, totalTupleCount), percentByKey })
  return [
    ...(percent === null ? [] : [formatPercent(percent).padStart(6)]),
    `${formatCount(scanned)}${of} rows`,
    ...(waitingFor === null ? [formatRate(rowsPerSecond)] : [`waiting: ${waitingFor}`]),
    ...(etaSeconds === null || waitingFor !== null ? [] : [formatTimeLeft(etaSeconds)]),
  ].join(' · ')
}
