import { axisOf } from './batching/position.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { createTally, type Tally } from './tally.ts'
import { countRows } from './tracking/count-rows.ts'

/** The tally of a run that begins now, behind what was scanned before it. */
export async function openTally(context: EngineContext, { migration, scoped }: MigrationSubject): Promise<Tally> {
  const { scanned } = await inTransaction(context, (transaction) =>
    countRows(transaction, context.tables, migration.id),
  )
  const min = minimumOf(migration)
  const max = maximumOf(migration)
  return createTally(
    {
      migrationId: migration.id,
      totalTupleCount: migration.totalTupleCount,
      min,
      max,
      axis: axisOf(
        scoped.table.columns.map(({ comparedAs }) => comparedAs),
        min,
        max,
      ),
      scannedBefore: scanned,
    },
    context.clock,
    context.emitter,
  )
}
