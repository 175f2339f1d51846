import { axisOf } from './batching/position.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { createTally, type Tally } from './tally.ts'
import { ScannedByAll } from './tracking/scanned-by-all.ts'

export interface Counting {
  readonly tally: Tally
  /** Asks the tracking tables what everybody has scanned by now. */
  readonly recount: () => Promise<void>
}

/** The tally of a run that begins now, behind what was scanned before it. */
export async function openTally(context: EngineContext, { migration, scoped }: MigrationSubject): Promise<Counting> {
  const scannedByAll = new ScannedByAll(context.tables, migration.id)
  const read = (): Promise<number> => inTransaction(context, (transaction) => scannedByAll.read(transaction))
  const scannedBefore = await read()
  const min = minimumOf(migration)
  const max = maximumOf(migration)
  const tally = createTally(
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
      scannedBefore,
    },
    context.clock,
    context.emitter,
  )
  return {
    tally,
    recount: async () => {
      tally.setScannedByAll(await read())
    },
  }
}
