/**
 * One run of the worker, as the ActiveContext worker does it: preflight, records for files, nothing behind a failed one,
 * then the lowest version that is left, under the lease. At most one migration advances.
 */
import { TrancheError } from '../../shared/errors.ts'
import type { SteppedRunValue } from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { LeaseLost, RecordsUnreachable, takeLease } from './lease.ts'
import { ownSource } from './own-source.ts'
import { describeBroken, findFile, reconcile, titleOf } from './reconcile.ts'
import { listConnections } from './records.ts'
import { type Current, runOperations } from './run-operations.ts'
import { recheckSkipped, skip, skipReason } from './skipping.ts'
import { isSetUpWrong, recordFailure, recordPartial, recordSetUp, refuse, told, type Turn } from './tell-turn.ts'
import { changeRecord } from './transitions.ts'
import { openWorkbench, StillAtWork } from './workbench.ts'

/** Throws catalogue_missing, and what the database of the records throws. */
export async function takeTurn(context: EngineContext, signal: AbortSignal): Promise<SteppedRunValue> {
  // A worker that stays sees what was written since.
  await context.definitions.refresh?.()
  const source = ownSource(context)
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
  try {
    // While the lease is held nobody changes it; before that somebody may have.
    const held = await lease.write((transaction) => listConnections(transaction, context.tables.stepped))
    const now = held.find(({ id }) => id === connection.id)
    if (now?.isActive !== true || !now.isIndexingEnabled) return await refuse(context, 'busy', SWITCHED, connection.id)
    const turn: Turn = { connection: now, lease, source, signal: AbortSignal.any([signal, lease.signal]) }
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

const SWITCHED = 'the connection was changed as this run began; the next one looks again'

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
    if (waitingFor !== null) return await recordPartial(context, turn, { record: running, title }, waitingFor)
    const message = `migration ${title} completed`
    await lease.write((transaction) =>
      changeRecord(transaction, context, running, { event: 'complete', message, runId: lease.runnerId }),
    )
    return { reason: 'completed', version, message }
  } catch (error) {
    if (signal.aborted || error instanceof LeaseLost || error instanceof RecordsUnreachable) throw error
    if (error instanceof StillAtWork) return recordPartial(context, turn, { record: running, title }, error.message)
    if (isSetUpWrong(error)) return recordSetUp(context, turn, { record: running, title }, error)
    return recordFailure(context, turn, { record: running, title }, error)
  }
}

function catalogueMissing(): TrancheError {
  return new TrancheError('catalogue_missing', 'no catalogue is open, and stepped migrations are files of one', {
    remedy: 'Name the folder of definitions with --catalogue DIR.',
  })
}
