/**
 * What a migration would do, before it does it: its first, a middle and its last sub-batch are run in transactions that are rolled
 * back. Refused where a rollback would not take everything back: definitions that reach other databases or call out.
 */
import { TrancheError } from '../shared/errors.ts'
import type { PreviewedSubBatch, PreviewValue } from '../shared/preview-view.ts'
import { sql } from '../shared/sql.ts'
import { tableName } from './batching/batch-table.ts'
import { inRange, type KeyRange, keyOrder, keyText } from './batching/key-range.ts'
import { looseIndexScanBatching } from './batching/loose-index-scan.ts'
import type { JobPlan } from './batching/strategy.ts'
import { authorSearchPath } from './author-search-path.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { type Drive, loadSubject, type MigrationSubject } from './drive.ts'
import { Foresight } from './foresight.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { assertPreconditions } from './preconditions.ts'
import { type Place, previewSubBatch } from './preview-sub-batch.ts'
import { fixRange } from './queued-range.ts'
import { examineTarget, readOrder } from './queueing.ts'
import { assertWritable } from './target/server-facts.ts'
import { kindOfError } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import { getJob } from './tracking/get-job.ts'
import type { Key, QueueRequest } from './types.ts'

export type PreviewRequest =
  /** Of a definition, as it would be queued. */
  | { readonly queue: QueueRequest; readonly rows?: number }
  /** Of one that is queued, or of a job of it. */
  | { readonly migrationId: string; readonly jobId?: string; readonly rows?: number }

const LOOKING_TIMEOUT_MS = 5_000
const MOST_ROWS = 1_000

type Tried = Pick<Drive, 'loaded' | 'args' | 'scoped' | 'strategy' | 'searchPath'> &
  Pick<Drive['migration'], 'jobArguments'>

/** Writes nothing that stays. Throws what queueing throws before it writes, unknown_job, preview_refused. */
export async function previewMigration(context: EngineContext, request: PreviewRequest): Promise<PreviewValue> {
  assertWritable(await context.facts(), context.target.description)
  if ('queue' in request) return previewDefinition(context, request.queue, request.rows)
  const subject = await loadSubject(context, request.migrationId)
  const { migration } = subject
  const rows = sizeOf(request.rows ?? migration.subBatchSize)
  const of = { migrationId: migration.id, jobId: request.jobId ?? null }
  const tried = { ...subject, jobArguments: migration.jobArguments }
  if (request.jobId === undefined) {
    const range = { from: minimumOf(migration), until: maximumOf(migration) }
    return preview(context, tried, of, await placesOfRange(context, tried, range, rows))
  }
  return preview(context, tried, of, await placesOfJob(context, subject, request.jobId, request.rows))
}

async function previewDefinition(context: EngineContext, order: QueueRequest, rows?: number): Promise<PreviewValue> {
  const read = readOrder(context, order)
  const searchPath = await authorSearchPath(context)
  const looking = { isPlanning: true, searchPath }
  const queueing = await inTransaction(
    context,
    (transaction) => examineTarget(transaction, context, read, searchPath),
    looking,
  )
  await assertPreconditions(context, queueing)
  const range = await inTransaction(context, (transaction) => fixRange(transaction, queueing, queueing.range), looking)
  const tried = { ...queueing, jobArguments: order.jobArguments ?? [] }
  const found =
    range === null
      ? { places: [], notes: ['no row lies in the range'] }
      : await placesOfRange(
          context,
          tried,
          { from: range.min, until: range.max },
          sizeOf(rows ?? read.knobs.subBatchSize),
        )
  return preview(context, tried, { migrationId: null, jobId: null }, found)
}

interface Found {
  readonly places: readonly Place[]
  readonly notes: readonly string[]
}

async function preview(
  context: EngineContext,
  tried: Tried,
  of: Pick<PreviewValue, 'migrationId' | 'jobId'>,
  { places, notes }: Found,
): Promise<PreviewValue> {
  assertTakenBack(tried)
  const subBatches: PreviewedSubBatch[] = []
  for (const at of places) {
    const tell = await previewSubBatch(closed(context), driveOf(tried), at)
    // The author's function may swallow the refusal, but not undo it.
    if (tell.error?.code === 'unknown_database') throw refused(tried, 'it reaches another database')
    subBatches.push(tell)
  }
  const { jobClassName } = tried.loaded.definition
  const { qualifiedName, columns } = tried.scoped.table
  return { jobClassName, tableName: qualifiedName, columns: columns.map(({ name }) => name), ...of, subBatches, notes }
}

/** Nothing but the transaction that is rolled back can be reached from it. */
function closed(context: EngineContext): EngineContext {
  return { ...context, database: '', otherDatabases: new Map() }
}

const CALLS_OUT = /\bfetch\s*\(|\bXMLHttpRequest\b|\bWebSocket\b|\bEventSource\b/

/** Throws preview_refused. What a package does is not known; a catalogue's own text is. */
function assertTakenBack(tried: Tried): void {
  for (const [file, text] of Object.entries(tried.loaded.files))
    if (CALLS_OUT.test(text)) throw refused(tried, `${file} calls another service`)
}

function refused({ loaded }: Tried, because: string): TrancheError {
  const { jobClassName } = loaded.definition
  return new TrancheError('preview_refused', `${jobClassName} cannot be previewed: ${because}`, {
    remedy: 'A rollback would not take that back. Try it on a practice or staging database: run ID --jobs 1.',
  })
}

/** As a run would have it, without a runner. */
function driveOf({ jobArguments, ...tried }: Tried): Drive {
  const migration = { id: '0', jobArguments } as unknown as Drive['migration'] // all that performing asks of it
  return {
    ...{
      ...tried,
      migration,
      queuedHash: tried.loaded.hash,
      queuedOrders: [],
      errorBudget: null,
      lastKey: null,
      runnerId: '',
    },
    ...{ drivenStatuses: [], isPaced: false, ignoresHealth: true, onlyJobId: null },
    ...{ foresight: new Foresight(), signal: new AbortController().signal, halt: () => undefined },
  }
}

/** The slices of a job: behind its cursor, where it would go on. */
async function placesOfJob(
  context: EngineContext,
  subject: MigrationSubject,
  jobId: string,
  rows: number | undefined,
): Promise<Found> {
  const { job } = await getJob(context, subject.migration.id, jobId)
  const from = keyOf(job.minValue, job.minCursor)
  const until = keyOf(job.maxValue, job.maxCursor)
  const after = job.status === 'succeeded' ? null : job.cursor
  const plan = await planOf(
    context,
    subject,
    { after, from, until },
    {
      limit: null,
      subBatchSize: sizeOf(rows ?? job.subBatchSize),
    },
  )
  if (plan === null) return { places: [], notes: [`job ${jobId} has no row left`] }
  const { slices } = plan
  const indexes = [...new Set([0, Math.floor((slices.length - 1) / 2), slices.length - 1])]
  const places = indexes.flatMap((index): Place[] => {
    const slice = slices[index]
    if (slice === undefined) return []
    const place = index === 0 ? 'first' : index === slices.length - 1 ? 'last' : 'middle'
    const behind = index === 0 ? after : (slices[index - 1]?.end ?? null)
    return [{ place, slice, range: behind === null ? { from, until: slice.end } : { after: behind, until: slice.end } }]
  })
  return { places, notes: after === null ? [] : [`job ${jobId} goes on behind its cursor`] }
}

/** One slice at the beginning of a range, one about its middle, and one at its end. */
async function placesOfRange(
  context: EngineContext,
  tried: Tried,
  range: KeyRange & { readonly from: Key; readonly until: Key },
  rows: number,
): Promise<Found> {
  const sizes = { limit: rows, subBatchSize: rows }
  const first = await planOf(context, tried, range, sizes)
  if (first === null) return { places: [], notes: ['no row lies in range and scope'] }
  const places = [placeOf('first', range.from, first)]
  if (!first.hasMore) return { places, notes: ['the first sub-batch holds all of it'] }
  const notes: string[] = []
  for (const place of ['middle', 'last'] as const) {
    try {
      const from = await findStart(context, tried, { place, range, rows })
      const plan = from === null ? null : await planOf(context, tried, { from, until: range.until }, sizes)
      if (from !== null && plan !== null) places.push(placeOf(place, from, plan))
    } catch (error) {
      if (kindOfError(error) !== 'timeout') throw error
      notes.push(
        `the ${place} sub-batch was not found in ${String(LOOKING_TIMEOUT_MS / 1_000)} s: no index serves the scope`,
      )
    }
  }
  return { places, notes }
}

interface Searched {
  readonly place: 'middle' | 'last'
  readonly range: KeyRange
  readonly rows: number
}

async function findStart(context: EngineContext, tried: Tried, { place, range, rows }: Searched): Promise<Key | null> {
  const { strategy, scoped } = tried
  if (place === 'last' && strategy !== looseIndexScanBatching)
    return looking(context, tried, (transaction) => startOfLast(transaction, tried, range, rows))
  // First, last, and what lies between.
  const keys = await looking(context, tried, (transaction) => strategy.spread(transaction, scoped, range, 3))
  return keys[place === 'last' ? 1 : 2] ?? null
}

/** The first of the last `rows` keys. */
async function startOfLast(
  transaction: Transaction,
  { scoped: { table, scope } }: Tried,
  range: KeyRange,
  rows: number,
): Promise<Key | null> {
  const own = sql.ident(table.name)
  const { rows: found } = await transaction.query(
    sql`SELECT ${keyText(own, table.columns)} AS key FROM ${tableName(table)}
         WHERE ${inRange(own, table.columns, range)}${scope === null ? sql`` : sql` AND (${scope})`}
         ORDER BY ${keyOrder(own, table.columns, 'DESC')} LIMIT ${rows}`,
  )
  return (found as { key: Key }[]).at(-1)?.key ?? null
}

function placeOf(place: Place['place'], from: Key, plan: JobPlan): Place {
  const [slice] = plan.slices
  if (slice === undefined) throw new Error('a plan has no slice')
  return { place, slice, range: { from, until: slice.end } }
}

async function planOf(
  context: EngineContext,
  tried: Pick<Tried, 'scoped' | 'strategy' | 'searchPath'>,
  range: KeyRange,
  sizes: { readonly limit: number | null; readonly subBatchSize: number },
): Promise<JobPlan | null> {
  return looking(context, tried, (transaction) => tried.strategy.plan(transaction, tried.scoped, range, sizes))
}

async function looking<T>(
  context: EngineContext,
  { searchPath }: Pick<Tried, 'searchPath'>,
  body: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return inTransaction(context, body, { isPlanning: true, searchPath, statementTimeoutMs: LOOKING_TIMEOUT_MS })
}

/** What a transaction holds locks on and a screen can show. */
function sizeOf(rows: number): number {
  return Math.min(rows, MOST_ROWS)
}

function keyOf(value: string | null, cursor: Key | null): Key {
  const key = value === null ? cursor : [value]
  if (key === null) throw new Error('a job has neither values nor cursors')
  return key
}
