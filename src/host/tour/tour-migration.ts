/** One migration of the tour: queue, run, verify, finalize, and SQL's own counts before and after. */
import { rangeWords } from '../../shared/describe-range.ts'
import { DEFAULT_DATABASE } from '../../engine/context.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Mutex } from '../../engine/mutex.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import type { Migration, RunOutcome, RunProgress } from '../../engine/types.ts'
import { TrancheError } from '../../shared/errors.ts'
import { countOf, formatCount, formatRate } from '../../shared/format-number.ts'
import { type Counted, openSecondConnection, type SecondConnection, TOUR_COUNTS } from './count-on-target.ts'
import { explainLeftovers } from './explain-leftovers.ts'
import type { Steps } from './steps.ts'

export interface Toured {
  readonly migrationId: string
  readonly jobClassName: string
  readonly changedByRun: number
  /** Counted by SQL before the run and after everything. */
  readonly counts: readonly { readonly before: Counted; readonly after: Counted }[]
}

export interface TourContext {
  readonly engine: Engine
  readonly parameters: TargetParameters
  readonly steps: Steps
  /** Migrations are queued in the order in which the tour takes them up, so that their ids are the same each time. */
  readonly queueing: Mutex
  readonly signal: AbortSignal
  /** Shown while a run goes on; '' clears it. */
  readonly showProgress: (line: string) => void
}

/** The two that change hundreds of thousands of rows, in sub-batches of a hundred by their definitions. */
const LARGE: ReadonlySet<string> = new Set([
  'BackfillServiceAccountIdOnDuoWorkflowsWorkflows',
  'BackfillRouteNamespaceId',
])

/** A tour's: no pause, and a job in one sub-batch where there would be thousands, since nobody else writes to the tables. */
function paceOf(jobClassName: string): { readonly pauseMs: number; readonly subBatchSize?: number } {
  return { pauseMs: 0, ...(LARGE.has(jobClassName) ? { subBatchSize: 1_000 } : {}) }
}

/** Throws what the engine throws, and `check_failed` where SQL's counts contradict the run's. */
export async function tourMigration(tour: TourContext, jobClassName: string): Promise<Toured> {
  const { engine, steps, queueing, parameters } = tour
  steps.title(jobClassName)
  const { migration } = await steps.step(
    'queue',
    () => queueing.run(() => engine.queue({ jobClassName, ...paceOf(jobClassName) })),
    ({ duplicate, migration }) =>
      duplicate
        ? `migration ${migration.id} was queued before`
        : `migration ${migration.id}, keys ${rangeWords(migration) ?? 'unknown'}, ~${formatCount(migration.totalTupleCount ?? 0)} rows`,
  )
  const second = await openSecondConnection(parameters)
  try {
    return await tourQueued(tour, migration, second)
  } catch (error) {
    throw explainLeftovers(error, shownId(migration))
  } finally {
    await second.close()
  }
}

async function tourQueued(tour: TourContext, migration: Migration, second: SecondConnection): Promise<Toured> {
  const { engine, steps, signal } = tour
  const { jobClassName } = migration
  const counts = TOUR_COUNTS[jobClassName]
  const before =
    counts === undefined ? null : { all: await second.count(counts.all), filled: await second.count(counts.filled) }
  const run = await steps.step('run', () => runShown(tour, migration), describeRun)
  if (run.reason === 'aborted') signal.throwIfAborted()
  await steps.step(
    'verify',
    () => engine.verify(migration.id, { signal }),
    ({ checks, exceptions }) => {
      const left = exceptions.reduce((sum, { count }) => sum + count, 0)
      return `${String(checks.filter(({ holds }) => holds).length)} of ${String(checks.length)} checks hold, ${formatCount(left)} rows are declared exceptions`
    },
  )
  await steps.step(
    'finalize',
    () => engine.finalize(migration.id, { signal }),
    ({ alreadyFinalized, afterStatements }) =>
      alreadyFinalized
        ? 'was finalized before'
        : `finalized${afterStatements.length === 0 ? '' : `, then ${afterStatements.map(({ statement }) => statement).join('; ')}`}`,
  )
  if (counts === undefined || before === null)
    return { migrationId: migration.id, jobClassName, changedByRun: run.rows.changed, counts: [] }
  const after = { all: await second.count(counts.all), filled: await second.count(counts.filled) }
  assertCountsAgree(jobClassName, run, after.filled.count - before.filled.count)
  steps.note(
    `SQL, over a second connection: ${formatCount(after.filled.count)} of ${formatCount(after.all.count)} ${after.filled.label}`,
  )
  return {
    migrationId: migration.id,
    jobClassName,
    changedByRun: run.rows.changed,
    counts: [
      { before: before.all, after: after.all },
      { before: before.filled, after: after.filled },
    ],
  }
}

/** As the command line takes it. */
function shownId({ id, database }: Migration): string {
  return database === DEFAULT_DATABASE ? id : `${database}_${id}`
}

async function runShown(
  { engine, signal, showProgress }: TourContext,
  { id: migrationId, jobClassName }: Migration,
): Promise<RunOutcome> {
  const stopShowing = engine.on('run:progress', (progress) => {
    if (progress.migrationId === migrationId) showProgress(progressLine(jobClassName, progress))
  })
  try {
    return await engine.run(migrationId, { signal })
  } finally {
    stopShowing()
    showProgress('')
  }
}

function progressLine(jobClassName: string, { rows, rowsPerSecond, percentByKey }: RunProgress): string {
  const percent = percentByKey === null ? '' : `${percentByKey.toFixed(0)} % of the keys, `
  return `  ${jobClassName}: ${percent}${formatCount(rows.scanned)} rows, ${formatRate(rowsPerSecond)}`
}

function describeRun({ reason, jobsRun, rows, seconds }: RunOutcome): string {
  if (reason === 'nothing_to_do') return 'nothing left to do'
  const rate = seconds > 0 ? `, ${formatRate(rows.scanned / seconds)}` : ''
  return `${reason}: ${countOf(jobsRun, 'job')}, ${formatCount(rows.scanned)} rows scanned, ${formatCount(rows.changed)} changed${rate}`
}

function assertCountsAgree(jobClassName: string, { rows }: RunOutcome, difference: number): void {
  if (difference === rows.changed) return
  throw new TrancheError(
    'check_failed',
    `${jobClassName}: the run says that it changed ${String(rows.changed)} rows, SQL says ${String(difference)}; nobody else may write the practice tables during the tour`,
  )
}
