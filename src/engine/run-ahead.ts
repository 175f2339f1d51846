/**
 * The fast path: without a pause, a sub-batch of one static statement is one network flight with its whole transaction, and
 * several are sent before the first one's answer is there. Whatever fails, nothing behind it is committed: its transaction
 * stays aborted until we roll back, and where it ended at COMMIT the guard finds the predecessor missing. The error is then
 * told, with everything in the air drained, and the careful path (executor.ts) runs that sub-batch by itself.
 */
import type pg from 'pg'
import type { Sql } from '../shared/sql.ts'
import type { Slice } from './batching/strategy.ts'
import { localSettings } from './context.ts'
import { closeSubBatch, prepareSubBatch, type SubBatch } from './executor.ts'
import { type Outcome, outcomeOf, type Prepared } from './performer.ts'
import type { Position } from './position.ts'
import type { JobDrive } from './settle.ts'
import { foreseePlan } from './planner.ts'
import { closing, guardedOpening } from './sub-batch-statements.ts'
import { type Answer, fly, lastOf, type Manner } from './target/flight.ts'
import { kindOfError } from './target/sqlstate.ts'
import { assertCommitted, deadlineOf, type LocalSettings, rollBack } from './target/transaction.ts'
import type { Key } from './types.ts'

/** Of one statement only the rows that it changed are known. */
const NOTHING_TOLD = { unresolved: 0, unresolvedReasons: {}, quarantined: 0 } as const

/** At a job's last so many times what is in the air, the next one's plan is looked up. */
const NEAR_END = 2

export interface Ahead {
  readonly position: Position
  /** The next sub-batch, which is static. */
  readonly first: Prepared
  /** Told of each committed sub-batch, in order. */
  readonly onCommitted: (slice: Slice, outcome: Outcome, milliseconds: number) => void
  /** For the job's last one: the metrics with which it finishes the job. */
  readonly finishWith: (outcome: Outcome, milliseconds: number) => Readonly<Record<string, unknown>>
}

/** What runs ahead on one connection. */
interface Runway extends Ahead {
  readonly jobDrive: JobDrive
  readonly client: pg.Client
  readonly settings: LocalSettings
  readonly manner: Manner
}

interface Sent {
  readonly slice: Slice
  readonly predecessor: Key | null
  readonly isLast: boolean
  /** Which of the answers is that of the author's statement. */
  readonly statementAt: number
  readonly sentAtMs: number
  readonly answers: Promise<readonly Answer[]>
}

export interface AheadEnd {
  readonly isOver: boolean
  /** A sub-batch that is not static was met: its author's function runs already, so it must be used. */
  readonly next: Prepared | null
}

/** Runs until the job is over, the run is to stop, somebody waits for the connection, or a sub-batch is not static. */
export async function runAhead(jobDrive: JobDrive, ahead: Ahead): Promise<AheadEnd> {
  const { context, drive } = jobDrive
  const settings = await localSettings(context, { searchPath: drive.searchPath })
  const { isPooled } = await context.facts()
  const manner: Manner = { isCountOnly: true, isPrepared: !isPooled }
  return context.target.withClient((client) => onRunway({ ...ahead, jobDrive, client, settings, manner }))
}

async function onRunway(runway: Runway): Promise<AheadEnd> {
  const { client, position } = runway
  const inAir: Sent[] = []
  try {
    return await takeOffAndLand(runway, inAir)
  } catch (error) {
    await Promise.allSettled(inAir.map(({ answers }) => answers))
    await rollBack(client)
    // A connection lost leaves them in the air until it is settled how far they came.
    if (kindOfError(error) !== 'connection') position.backlog.recall()
    throw error
  }
}

async function takeOffAndLand(runway: Runway, inAir: Sent[]): Promise<AheadEnd> {
  const { jobDrive, position } = runway
  const { context, drive } = jobDrive
  const { slices } = position.claim
  const nearEnd = NEAR_END * context.limits.subBatchesInAir
  let next: Prepared | null = runway.first
  let index = position.index
  let landedAtMs = 0
  let isStopping = false
  /** What the author's code threw while a sub-batch was prepared; those before it land first. */
  const thrown: unknown[] = []
  for (;;) {
    while (!isStopping && index < slices.length && inAir.length < context.limits.subBatchesInAir) {
      if (next?.isStatic === true) {
        inAir.push(send(runway, index, next))
        index += 1
        next = null
        if (slices.length - index <= nearEnd) drive.foresight.look((range) => foreseePlan(context, drive, range))
        isStopping = drive.signal.aborted || context.target.isAwaited()
      } else if (next === null) {
        next = await prepareSubBatch(context, drive, at(position, index)).catch((error: unknown) => {
          thrown.push(error)
          return null
        })
        isStopping = next?.isStatic !== true
      } else isStopping = true
    }
    const head = inAir.shift()
    if (head === undefined) break
    try {
      landedAtMs = await land(runway, head, landedAtMs)
    } catch (error) {
      next?.abandon(error)
      throw error
    }
  }
  if (thrown.length > 0) throw thrown[0]
  return { isOver: position.index === slices.length, next }
}

/** One flight: the whole transaction. The job's last sub-batch stays open until the counts of all before it are there. */
function send({ jobDrive, client, settings, manner, position }: Runway, index: number, prepared: Prepared): Sent {
  const { context, drive } = jobDrive
  const { claim, backlog } = position
  const { slice, predecessor } = at(position, index)
  const isLast = index === claim.slices.length - 1
  const open = [...guardedOpening({ context, drive, settings, claim, predecessor }), ...statementOf(prepared)]
  const answers = isLast
    ? fly(client, open, deadlineOf(settings, 2), manner)
    : fly(
        client,
        [...open, ...closing(context, { ...NOTHING_TOLD, claim, slice, shipment: backlog.ship(slice.end, null) })],
        deadlineOf(settings, 2),
        manner,
      )
  // Told when its turn comes; one that fails behind another one is not told at all.
  answers.catch(() => undefined)
  return { slice, predecessor, isLast, statementAt: open.length - 1, sentAtMs: performance.now(), answers }
}

/** Waits for the oldest one's answer, and tells of it. Returns when that came: the next one was at work from then on. */
async function land(runway: Runway, sent: Sent, busyUntilMs: number): Promise<number> {
  const { jobDrive, client, settings, position, onCommitted, finishWith } = runway
  const { context } = jobDrive
  const { claim, backlog } = position
  const { slice, predecessor, isLast, statementAt } = sent
  const sinceMs = Math.max(sent.sentAtMs, busyUntilMs)
  const answers = await sent.answers
  const outcome = outcomeOf(answers[statementAt])
  if (isLast) {
    const finish = (): Readonly<Record<string, unknown>> => finishWith(outcome, performance.now() - sinceMs)
    const subBatch = { claim, slice, predecessor, backlog, finishWith: finish }
    await closeSubBatch(client, { context, settings, subBatch, outcome })
  } else {
    assertCommitted(lastOf(answers))
    backlog.land(outcome.changed)
  }
  const landedAtMs = performance.now()
  onCommitted(slice, outcome, landedAtMs - sinceMs)
  return landedAtMs
}

function at({ claim }: Position, index: number): Pick<SubBatch, 'claim' | 'slice' | 'predecessor'> {
  const slice = claim.slices[index]
  if (slice === undefined) throw new Error(`job ${claim.jobId} has no sub-batch ${String(index)}`)
  return { claim, slice, predecessor: claim.slices[index - 1]?.end ?? claim.cursor }
}

function statementOf({ statement }: Prepared): readonly Sql[] {
  return statement === null ? [] : [statement]
}
