import type { FailedJobValue, MigrationStateValue } from '../../../../shared/cli-output.ts'

export interface KeyMark {
  readonly jobId: string
  /** From 0 to 1. */
  readonly at: number
  readonly isBlocked: boolean
}

export interface KeyMarks {
  readonly marks: readonly KeyMark[]
  /** Keys without such a job that are drawn shorter than they are; null: none. */
  readonly shortened: { readonly from: number; readonly to: number } | null
}

/** A stretch of so much of the key range is drawn as a fifth of it: one far key would press all jobs into one mark. */
const TOO_LONG = 0.9
const SHORTENED = 0.2

/** Where in the key range jobs lie; only numbers can be told apart like that. */
export function keyMarksOf(
  { minValue, maxValue }: Pick<MigrationStateValue, 'minValue' | 'maxValue'>,
  jobs: readonly FailedJobValue[],
): KeyMarks {
  const min = Number(minValue)
  const span = Number(maxValue) - min
  if (minValue === null || !(span > 0)) return { marks: [], shortened: null }
  const marks = jobs
    .flatMap(({ job, isBlocked }) =>
      job.minValue === null ? [] : [{ jobId: job.id, at: clamp((Number(job.minValue) - min) / span), isBlocked }],
    )
    .sort((a, b) => a.at - b.at)
  const edges = [0, ...marks.map(({ at }) => at), 1]
  const index = edges.findIndex((at, i) => isTooLong((edges[i + 1] ?? at) - at))
  const [from, to] = [edges[index], edges[index + 1]]
  if (marks.length === 0 || from === undefined || to === undefined) return { marks, shortened: null }
  const scale = (1 - SHORTENED) / (1 - (to - from))
  const place = (at: number): number => (at <= from ? at * scale : from * scale + SHORTENED + (at - to) * scale)
  const shortened = { from: place(from), to: place(from) + SHORTENED }
  return { marks: marks.map((mark) => ({ ...mark, at: clamp(place(mark.at)) })), shortened }
}

/** All of the range is no stretch of it. */
function isTooLong(share: number): boolean {
  return share > TOO_LONG && share < 1
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}
