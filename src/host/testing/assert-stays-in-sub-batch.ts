/** Whether a definition changes nothing outside of its sub-batch. */
import type { BatchedMigrationDefinition, JobArguments } from '../../catalogue/definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Key } from '../../engine/types.ts'
import { assertNotFailed } from './drive-batched.ts'
import { findStrayRow, readRows } from './find-stray-row.ts'
import type { PracticeDatabase } from './practice-database.ts'
import { tryEmptySlice } from './try-empty-slice.ts'

interface Queued {
  readonly database: PracticeDatabase
  readonly definition: BatchedMigrationDefinition
  readonly args: JobArguments
  readonly databases: Readonly<Record<string, PracticeDatabase>>
  /** Of the migration, of which nothing has run yet. */
  readonly id: string
}

/** Tries a sub-batch without rows, which is rolled back, and runs the first one, behind which the run is stopped. */
export async function assertStaysInSubBatch(
  engine: Engine,
  { database, definition, args, databases, id }: Queued,
): Promise<void> {
  const { jobClassName, columns } = definition
  const done = await tryEmptySlice(database, definition, { args, databases })
  if (done !== null)
    throw new Error(`${jobClassName} ignores its sub-batch: over one without any row ${done}. ${NARROW}`)
  const before = await readRows(database, definition)
  const end = await runFirstSubBatch(engine, id)
  await assertNotFailed(engine, id)
  const stray = end === null ? null : await findStrayRow(database, definition, { before, end })
  if (stray !== null)
    throw new Error(
      `${jobClassName} reaches beyond its sub-batch: the first one, up to (${columns.join(', ')}) = (${end?.join(', ') ?? ''}), changed ${stray}. ${NARROW}`,
    )
}

const NARROW =
  'Every statement is to be narrowed by ${subBatch}, joined to what else it names, with parentheses around any OR beside it; where other rows are meant: staysInSubBatch: false.'

/** Its last key; null where none was committed. With a pause no other one is sent before it is there. */
async function runFirstSubBatch(engine: Engine, id: string): Promise<Key | null> {
  const stopping = new AbortController()
  const ends: Key[] = []
  const unsubscribe = engine.on('sub_batch:committed', ({ end }) => {
    ends.push(end)
    stopping.abort()
  })
  try {
    await engine.set(id, { pauseMs: 1 })
    await engine.run(id, { force: true, signal: stopping.signal })
    if (ends.length > 0) await engine.set(id, { pauseMs: 0 })
  } finally {
    unsubscribe()
  }
  return ends.at(-1) ?? null
}
