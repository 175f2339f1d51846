import { expect, it, onTestFinished } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { inTransaction } from '../../src/engine/context.ts'
import { ScannedByAll } from '../../src/engine/tracking/scanned-by-all.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { openTestTarget, setup } from '../support/engine-setup.ts'
import { contextOf } from '../support/internals.ts'

const definition = defineBatchedMigration({
  ...{
    jobClassName: 'Count',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: 10,
    subBatchSize: 5,
    pauseMs: 0,
  },
  perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
})

it('what everybody scanned is added up from what happened since the last reading, not from every job again', async () => {
  const { engine, query, database } = await setup({
    schema: `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0);
             INSERT INTO items SELECT n FROM generate_series(1, 100) AS n`,
    definitions: [definition],
  })
  const { migration } = await engine.queue({ jobClassName: 'Count' })
  const target = openTestTarget(database)
  onTestFinished(() => target.close())
  const context = contextOf({ target, definitions: sourceOf([definition]) })
  const counter = new ScannedByAll(context.tables, migration.id)
  const read = (): Promise<number> => inTransaction(context, (transaction) => counter.read(transaction))
  expect(await read()).toBe(0)

  await engine.run(migration.id, { maxJobs: 3 })
  await query(`UPDATE tranche.batched_background_migration_jobs SET finished_at = now() - interval '1 hour'`)
  const behind = new ScannedByAll(context.tables, migration.id)
  const readBehind = (): Promise<number> => inTransaction(context, (transaction) => behind.read(transaction))
  expect(await readBehind()).toBe(30)

  await query('UPDATE tranche.job_progress SET scanned = 1000')
  await engine.run(migration.id, { maxJobs: 2 })
  expect(await readBehind(), 'what ended an hour ago is not read again').toBe(50)
  expect(await readBehind(), 'what ended just now is, and is not added twice').toBe(50)

  await query(
    `UPDATE tranche.batched_background_migration_jobs SET status = 1, finished_at = NULL
      WHERE id = (SELECT max(id) FROM tranche.batched_background_migration_jobs)`,
  )
  await query(
    'UPDATE tranche.job_progress SET scanned = 7 WHERE scanned = 10 AND job_id = (SELECT max(job_id) FROM tranche.job_progress)',
  )
  expect(await readBehind(), 'a job that runs is counted as far as it came').toBe(47)
})
