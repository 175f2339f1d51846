/** What changes while a job is driven, and what is counted of it. */
import type { Slice } from './batching/strategy.ts'
import type { Claim } from './claim.ts'
import type { Drive } from './drive.ts'
import { JobMetrics } from './job-metrics.ts'
import type { Operation, Outcome, Prepared } from './performer.ts'
import { Position } from './position.ts'
import { ReadAhead } from './read-ahead.ts'
import type { JobDrive } from './settle.ts'

export interface Course {
  readonly startedAtMs: number
  readonly first: Claim
  readonly metrics: JobMetrics
  /** When the sub-batch in hand was begun, by this process. */
  startedStepAtMs: number
  position: Position
  /** The next sub-batch where it was prepared already. */
  next: Prepared | null
  /** Rows of the sub-batch behind it. */
  readonly ahead: ReadAhead
  /** The sub-batch in hand goes the careful path: it failed among others in the air, or it cannot be one of them. */
  isAlone: boolean
}

export function beginCourse(first: Claim, startedAtMs: number): Course {
  return {
    startedAtMs,
    first,
    metrics: new JobMetrics(),
    startedStepAtMs: 0,
    position: new Position(first),
    next: null,
    ahead: new ReadAhead(),
    isAlone: false,
  }
}

export interface Committed {
  readonly outcome: Outcome
  readonly milliseconds: number
}

/** A sub-batch was committed: counted, and told. */
export function count(
  { context, drive, tally }: JobDrive,
  { position, metrics }: Course,
  slice: Slice,
  { outcome, milliseconds }: Committed,
): void {
  const { changed, unresolved, quarantined } = outcome
  const operations = operationsOf(drive, { outcome, milliseconds })
  const rows = { scanned: slice.scanned, changed, unresolved, quarantined: quarantined.length }
  position.advance(slice.end, rows)
  metrics.add(operations)
  tally.add(rows, slice.end)
  context.emitter.emit('sub_batch:committed', {
    migrationId: drive.migration.id,
    jobId: position.claim.jobId,
    end: slice.end,
    scanned: slice.scanned,
    changed,
    milliseconds,
    operations,
  })
}

/** The sub-batch as a whole under the definition's name for it, and what was measured within it. */
export function operationsOf({ loaded }: Drive, { outcome, milliseconds }: Committed): readonly Operation[] {
  const { changed, parts } = outcome
  return [{ name: loaded.definition.operation, milliseconds, affectedRows: changed }, ...parts]
}

/** What was prepared for the next sub-batch is given up. */
export async function dropNext(course: Course, reason: unknown): Promise<void> {
  course.next?.abandon(reason)
  course.next = null
  await course.ahead.drop(reason)
}
