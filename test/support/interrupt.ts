import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { spawnRunner } from './spawn-runner.ts'

/** Interrupts a runner in the middle and looks at what it leaves behind. */
export async function interrupt(): Promise<void> {
  const rows = 20_000
  // Jobs that are long enough to be in the middle of one whenever the signal comes.
  const definition = hitEvery({ batchSize: rows / 2, subBatchSize: 10 })
  const { engine, query, database } = await setup({ schema: hitsTable(rows), definitions: [definition] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const runner = spawnRunner(database.url, migration.id, 'interrupted')
  await runner.until('sub_batch:committed')
  runner.child.kill('SIGINT')
  await runner.ended

  expect(runner.lines.at(-1)).toMatchObject({ event: 'outcome', reason: 'aborted' })
  expect(await engine.get(migration.id)).toMatchObject({
    status: 'active',
    jobs: { running: 0, retriable: 0 },
    runners: [],
  })
  expect(
    await query('SELECT DISTINCT attempts FROM tranche.batched_background_migration_jobs WHERE status = 0'),
  ).toEqual([{ attempts: 0 }])
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: rows }])
}
