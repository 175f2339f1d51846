/** The operations of a stepped migration: each is performed once, and its completion is kept in the record's metadata. */
import { createHash } from 'node:crypto'
import type { LoadedSteppedMigration, Operation } from '../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { EngineContext } from '../context.ts'
import { recordLine } from './journal.ts'
import { performOperation } from './perform.ts'
import type { SteppedRecord } from './records.ts'
import { recordEvent } from '../tracking/record-event.ts'
import type { Workbench } from './workbench.ts'

/** The migration that a turn is at. */
export interface Current {
  readonly record: SteppedRecord
  readonly loaded: LoadedSteppedMigration
}

/** Runs what is not completed yet, in order. What it waits for, or null when all are completed. */
export async function runOperations(
  context: EngineContext,
  bench: Workbench,
  { record, loaded }: Current,
): Promise<string | null> {
  const completed = record.metadata.operations ?? {}
  for (const operation of loaded.definition.operations) {
    const done = completed[operation.key]
    const digest = digestOf(operation)
    if (done !== undefined) {
      if (done.digest !== undefined && done.digest !== digest) throw changedSince(bench.version, operation)
      continue
    }
    bench.signal.throwIfAborted()
    const startedAt = performance.now()
    const { version } = bench
    const message = `operation ${operation.key}: ${operation.description}`
    context.emitter.emit('stepped:told', { version, level: 'info', message })
    const outcome = await performOperation(context, bench, operation)
    if (!outcome.isDone) return outcome.waitingFor
    const entry = { completedAt: context.clock.now().toISOString(), digest, result: outcome.result }
    await bench.record(async (transaction) => {
      await transaction.query(
        sql`UPDATE ${context.tables.stepped.migrations}
               SET metadata = jsonb_set(metadata, '{operations}',
                     coalesce(metadata -> 'operations', '{}') || jsonb_build_object(${operation.key}::text, ${JSON.stringify(entry)}::jsonb)),
                   updated_at = clock_timestamp()
             WHERE id = ${record.id}`,
      )
      await recordLine(transaction, context, {
        ...{ connectionId: bench.connection.id, runId: bench.runId, version: bench.version },
        message: `operation ${operation.key} completed: ${operation.description}`,
        details: { ...outcome.result, milliseconds: Math.round(performance.now() - startedAt) },
      })
      if (operation.kind !== 'drop_table') return
      const details = { version, connection: bench.connection.name, table: operation.table, ...outcome.result }
      await recordEvent(transaction, context, { kind: 'stepped_drop', details })
    })
  }
  return null
}

/** Of what it would do: another one under the same key is not the one that was completed. */
function digestOf(operation: Operation): string {
  const text = JSON.stringify(operation, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function changedSince(version: string, { key }: Operation): TrancheError {
  return new TrancheError('definition_drift', `the operation ${key} was changed since it was completed`, {
    remedy: `Put its former text back; or have the whole migration run again: tranche stepped reset ${version}`,
    details: { operation: key },
  })
}
