/**
 * One run of the worker, as the ActiveContext worker does it: preflight, records for files, nothing behind a failed one,
 * then the lowest version that is left, under the lease. At most one migration advances.
 */
import { type ErrorCode, TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedConnectionValue, SteppedReason, SteppedRunValue } from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction, inWritingTransaction } from '../context.ts'
import { describeException } from '../exception.ts'
import type { SteppedSource } from '../ports.ts'
import { recordLine } from './journal.ts'
import { type HeldLease, LeaseLost, RecordsUnreachable, takeLease } from './lease.ts'
import { gateOf } from './perform.ts'
import { describeBroken, findFile, reconcile, titleOf } from './reconcile.ts'
import { type Current, runOperations } from './run-operations.ts'
import { listConnections, type SteppedRecord } from './records.ts'
import { changeRecord } from './transitions.ts'
import { openWorkbench, StillAtWork } from './workbench.ts'

/** Throws catalogue_missing, and what the database of the records throws. */
export async function takeTurn(context: EngineContext, signal: AbortSignal): Promise<SteppedRunValue> {
  const source = context.definitions.stepped?.() ?? null
  if (source === null) throw catalogueMissing()
  const connections = await inTransaction(context, (transaction) =>
    listConnections(transaction, context.tables.stepped),
  )
  const connection = connections.find(({ isActive }) => isActive)
  if (connection === undefined)
    return refuse(context, 'not_configured', 'no connection is active: its adapter is not configured')
  if (!connection.isIndexingEnabled) {
    return refuse(context, 'disabled', `indexing is not enabled on the connection "${connection.name}"`, connection.id)
  }
  const lease = await takeLease(context, connection.id)
  if ('holder' in lease) {
    const { operator, host, pid } = lease.holder
    return { reason: 'busy', version: null, message: `${operator} on ${host} (pid ${String(pid)}) holds the lease` }
  }
  const turn: Turn = { connection, lease, source, signal: AbortSignal.any([signal, lease.signal]) }
  try {
    return await advance(context, turn)
  } catch (error) {
    if (error instanceof LeaseLost || lease.signal.aborted) {
      return {
        reason: 'taken_over',
        version: null,
        message: 'another worker took the lease; this one wrote nothing more',
      }
    }
    if (signal.aborted)
      return { reason: 'aborted', version: null, message: 'stopped; what is completed stays completed' }
    throw error
  } finally {
    await lease.release()
  }
}

interface Turn {
  readonly connection: SteppedConnectionValue
  readonly lease: HeldLease
  readonly source: SteppedSource
  readonly signal: AbortSignal
}

async function advance(context: EngineContext, turn: Turn): Promise<SteppedRunValue> {
  const { connection, lease, source } = turn
  const { records, told: changes } = await lease.write((transaction) =>
    reconcile(transaction, context, { connectionId: connection.id, runId: lease.runnerId, source }),
  )
  for (const change of changes) context.emitter.emit('stepped:told', change)
  const failed = records.find(({ status }) => status === 'failed')
  if (failed !== undefined) {
    const message = `halted: migration ${failed.version} failed; mend its cause, then retry, skip or reset it`
    return told(context, turn, { reason: 'halted', version: failed.version, message }, 'warn')
  }
  const unskipped = await recheckSkipped(context, turn, records)
  const current = records.find(
    ({ status, id }) => status === 'pending' || status === 'in_progress' || unskipped.has(id),
  )
  if (current === undefined)
    return told(context, turn, { reason: 'idle', version: null, message: 'no pending migrations' })
  const loaded = findFile(source, current.version)
  if (loaded === undefined) {
    const message = `halted: ${describeBroken(source, current.version)}`
    return told(context, turn, { reason: 'file_unusable', version: current.version, message }, 'error')
  }
  return run(context, turn, { record: unskipped.get(current.id) ?? current, loaded })
}

async function run(context: EngineContext, turn: Turn, current: Current): Promise<SteppedRunValue> {
  const { lease, signal } = turn
  const { version } = current.record
  const title = `${titleOf(current.loaded.name)} (${version})`
  let running = current.record
  try {
    const reason = await skipReason(context, turn, current)
    if (reason !== null) return await skip(context, turn, current.record, reason)
    await lease.write((transaction) =>
      changeRecord(transaction, context, current.record, {
        event: 'start',
        message: `${current.record.status === 'pending' ? 'starting' : 'going on with'} migration ${title}`,
        runId: lease.runnerId,
        metadata: { definition_hash: current.loaded.hash },
      }),
    )
    running = { ...running, status: 'in_progress' }
    const bench = await openWorkbench(context, { connection: turn.connection, version, lease, signal })
    const waitingFor = await runOperations(context, bench, current)
    if (waitingFor !== null) {
      const message = `migration ${title} is partially completed: ${waitingFor}`
      return await told(context, turn, { reason: 'partial', version, message })
    }
    const message = `migration ${title} completed`
    await lease.write((transaction) =>
      changeRecord(transaction, context, running, { event: 'complete', message, runId: lease.runnerId }),
    )
    return { reason: 'completed', version, message }
  } catch (error) {
    if (signal.aborted || error instanceof LeaseLost || error instanceof RecordsUnreachable) throw error
    if (error instanceof StillAtWork) {
      const message = `migration ${title} is partially completed: ${error.message}`
      return await told(context, turn, { reason: 'partial', version, message })
    }
    if (isSetUpWrong(error)) {
      const message = `migration ${title} waits for its adapter to be set up: ${error.message}${error.remedy === null ? '' : `. ${error.remedy}`}`
      return await told(context, turn, { reason: 'not_configured', version, message }, 'error')
    }
    return recordFailure(context, turn, { record: running, title }, error)
  }
}

/** What no further try can mend, and what says nothing of the migration: it costs no try. */
const SET_UP: ReadonlySet<ErrorCode> = new Set([
  ...(['adapter_missing', 'database_missing', 'invalid_target', 'not_installed', 'target_refused_login'] as const),
])

function isSetUpWrong(error: unknown): error is TrancheError {
  return error instanceof TrancheError && SET_UP.has(error.code)
}

interface SkipReason {
  readonly because: string
  readonly by: 'definition' | 'gate'
}

/** Why a migration is passed over for now: nothing to do in this database, or nobody has agreed to it yet. */
async function skipReason(context: EngineContext, turn: Turn, { record, loaded }: Current): Promise<SkipReason | null> {
  const { definition } = loaded
  if (definition.skip !== null && record.status !== 'in_progress') {
    const bench = await openWorkbench(context, { ...turn, version: record.version })
    const isSkipped = await inTransaction(
      bench.adapter,
      (transaction) => Promise.resolve(definition.skip?.({ query: (statement) => transaction.query(statement) })),
      { isReadOnly: true, searchPath: bench.searchPath },
    )
    if (isSkipped === true) return { because: 'its definition says that there is nothing to do', by: 'definition' }
  }
  const gate = gateOf(definition.operations)
  if (gate === null || record.metadata.approved !== undefined) return null
  return { because: `waits for an approval: ${gate}`, by: 'gate' }
}

async function skip(
  context: EngineContext,
  turn: Turn,
  record: SteppedRecord,
  { because, by }: SkipReason,
): Promise<SteppedRunValue> {
  const message = `migration ${record.version} skipped: ${because}`
  await turn.lease.write((transaction) =>
    changeRecord(transaction, context, record, {
      ...{ event: 'skip', message, runId: turn.lease.runnerId },
      metadata: { skipped_because: because, skipped_by: by },
    }),
  )
  return { reason: 'skipped', version: record.version, message }
}

/** Skipped ones whose reason is gone become pending. What an operator skipped stays so. */
async function recheckSkipped(
  context: EngineContext,
  turn: Turn,
  records: readonly SteppedRecord[],
): Promise<ReadonlyMap<string, SteppedRecord>> {
  const unskipped = new Map<string, SteppedRecord>()
  for (const record of records) {
    const loaded = findFile(turn.source, record.version)
    if (record.status !== 'skipped' || record.metadata.skipped_by === 'operator' || loaded === undefined) continue
    if (await isStillSkipped(context, turn, { record, loaded })) continue
    await turn.lease.write((transaction) =>
      changeRecord(transaction, context, record, {
        ...{ event: 'unskip', message: `migration ${record.version} is no longer skipped`, runId: turn.lease.runnerId },
        metadata: { skipped_because: null, skipped_by: null },
      }),
    )
    unskipped.set(record.id, { ...record, status: 'pending' })
  }
  return unskipped
}

/** An adapter that is away says nothing about them; it is met again by the migration that runs next. */
async function isStillSkipped(context: EngineContext, turn: Turn, current: Current): Promise<boolean> {
  try {
    return (await skipReason(context, turn, current)) !== null
  } catch (error) {
    if (error instanceof LeaseLost || error instanceof RecordsUnreachable) throw error
    return true
  }
}

/** The error's text is kept on every try. The third fails the migration; before that it stays in progress. */
async function recordFailure(
  context: EngineContext,
  turn: Turn,
  { record, title }: { readonly record: SteppedRecord; readonly title: string },
  error: unknown,
): Promise<SteppedRunValue> {
  const { exceptionClass, message } = describeException(error)
  const errorMessage = `${classOf(error, exceptionClass)}: ${message}`
  const left = record.retriesLeft - 1
  const { version } = record
  await turn.lease.write(async (transaction) => {
    // The adapter was away already when its definition was asked whether there is anything to do.
    if (record.status === 'pending') {
      const line = { connectionId: turn.connection.id, runId: turn.lease.runnerId, version }
      await recordLine(transaction, context, { ...line, message: `starting migration ${title}` })
    }
    if (left > 0) {
      const { migrations } = context.tables.stepped
      await transaction.query(sql`UPDATE ${migrations} SET retries_left = ${left} WHERE id = ${record.id}`)
    }
    await changeRecord(transaction, context, record, {
      event: left > 0 ? 'start' : 'fail',
      ...{
        message: `migration ${version} failed: ${errorMessage}`,
        level: 'error',
        runId: turn.lease.runnerId,
        errorMessage,
      },
      details: { retriesLeft: left },
    })
  })
  return left > 0
    ? { reason: 'tried', version, message: `${errorMessage} (${left === 1 ? '1 try' : `${String(left)} tries`} left)` }
    : { reason: 'failed', version, message: errorMessage }
}

/** The code of an error of ours says more than its class. */
function classOf(error: unknown, exceptionClass: string): string {
  return error instanceof TrancheError ? error.code : exceptionClass
}

async function told(
  context: EngineContext,
  { connection, lease }: Turn,
  value: SteppedRunValue,
  level: 'info' | 'warn' | 'error' = 'info',
): Promise<SteppedRunValue> {
  const { message, version } = value
  await lease.write((transaction) =>
    recordLine(transaction, context, { message, version, level, connectionId: connection.id, runId: lease.runnerId }),
  )
  return value
}

/** Preflight: nothing was looked at, and nothing is an error. */
async function refuse(
  context: EngineContext,
  reason: SteppedReason,
  message: string,
  connectionId: string | null = null,
): Promise<SteppedRunValue> {
  const runId = context.random.uuid()
  await inWritingTransaction(context, (transaction) =>
    recordLine(transaction, context, { message, connectionId, runId, level: 'warn' }),
  )
  return { reason, version: null, message }
}

function catalogueMissing(): TrancheError {
  return new TrancheError('catalogue_missing', 'no catalogue is open, and stepped migrations are files of one', {
    remedy: 'Name the folder of definitions with --catalogue DIR.',
  })
}
