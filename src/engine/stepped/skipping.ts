/** Migrations that are passed over for now: because their definition says so, or because nobody has agreed to them yet. */
import type { SteppedRunValue } from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { describeException } from '../exception.ts'
import { kindOfError } from '../target/sqlstate.ts'
import { openGate } from './approval.ts'
import { LeaseLost, RecordsUnreachable } from './lease.ts'
import { findFile } from './reconcile.ts'
import type { Current } from './run-operations.ts'
import type { SteppedRecord } from './records.ts'
import { isSetUpWrong, told, type Turn } from './tell-turn.ts'
import { changeRecord } from './transitions.ts'
import { openWorkbench } from './workbench.ts'

interface SkipReason {
  readonly because: string
  readonly by: 'definition' | 'gate'
}

/** Why a migration is passed over for now: nothing to do in this database, or nobody has agreed to it yet. */
export async function skipReason(
  context: EngineContext,
  turn: Turn,
  { record, loaded }: Current,
): Promise<SkipReason | null> {
  const { definition } = loaded
  if (definition.skip !== null) {
    const bench = await openWorkbench(context, { ...turn, version: record.version })
    const isSkipped = await inTransaction(
      bench.adapter,
      (transaction) => Promise.resolve(definition.skip?.({ query: (statement) => transaction.query(statement) })),
      { isReadOnly: true, searchPath: bench.searchPath },
    )
    if (isSkipped === true) return { because: 'its definition says that there is nothing to do', by: 'definition' }
  }
  const gate = openGate(definition.operations, record.metadata)
  if (gate === null) return null
  return { because: `waits for an approval: ${gate}`, by: 'gate' }
}

export async function skip(
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
export async function recheckSkipped(
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
    if (kindOfError(error) !== 'connection' && !isSetUpWrong(error)) {
      const { message } = describeException(error)
      const { version } = current.record
      await told(
        context,
        turn,
        { reason: 'skipped', version, message: `whether ${version} is still skipped could not be asked: ${message}` },
        'warn',
      )
    }
    return true
  }
}
