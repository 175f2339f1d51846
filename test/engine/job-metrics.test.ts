import { expect, it } from 'vitest'
import { defineBatchedMigration, eachRow, sql } from '../../src/catalogue/api.ts'
import { JobMetrics } from '../../src/engine/job-metrics.ts'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { inProcessTransformer } from '../support/in-process-transformer.ts'
import { queued } from '../support/queued.ts'

const number = expect.any(Number) as number

function metricsOf({ query }: Pick<Awaited<ReturnType<typeof setup>>, 'query'>): Promise<{ metrics: unknown }[]> {
  return query('SELECT metrics FROM tranche.batched_background_migration_jobs ORDER BY id')
}

it.each([0, 1])(
  'a failed job keeps what its sub-batches took, the failed one without rows (pause %i ms)',
  async (pauseMs) => {
    const definition = hitEvery({ batchSize: 100, subBatchSize: 5, raisesOnBad: true, pauseMs })
    const bundle = await queued(25, definition, [39])
    await bundle.engine.run(bundle.migrationId, { maxJobs: 1 })

    expect(await metricsOf(bundle)).toEqual([
      { metrics: { timings: { perform: [number, number, number] }, affected_rows: { perform: [5, 5] } } },
    ])
    // The second attempt is measured by itself: it went on behind the cursor.
    await bundle.engine.run(bundle.migrationId, { maxJobs: 1 })
    expect(await metricsOf(bundle)).toEqual([{ metrics: { timings: { perform: [number] }, affected_rows: {} } }])
  },
)

it('names operations as the definition does, and measures reading and transforming apart', async () => {
  const definition = defineBatchedMigration({
    jobClassName: 'HitEvery',
    description: 'x',
    table: 'items',
    column: 'id',
    subBatchSize: 10,
    pauseMs: 0,
    operation: 'update_all',
    perform: eachRow({
      select: ({ subBatch }) => sql`SELECT id FROM items WHERE ${subBatch}`,
      transform: (row: { id: string }) => (row.id === '3' ? null : row.id),
      write: (rows) =>
        sql`UPDATE items SET hits = hits + 1 WHERE id = ANY (${rows.map(({ value }) => value)}::bigint[])`,
    }),
  })
  const bundle = await setup({
    schema: hitsTable(20),
    definitions: [definition],
    ports: { rowTransformer: inProcessTransformer },
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  await bundle.engine.run(migration.id)

  expect(await metricsOf(bundle)).toEqual([
    {
      metrics: {
        timings: {
          update_all: [number, number],
          'update_all.select': [number, number],
          'update_all.transform': [number, number],
        },
        affected_rows: { update_all: [9, 10], 'update_all.select': [10, 10] },
      },
    },
  ])
})

it('keeps the newest sub-batches of a job that has very many, and says how many it dropped', () => {
  const metrics = new JobMetrics()
  for (let index = 0; index < 5_000; index += 1)
    metrics.add([{ name: 'perform', milliseconds: index, affectedRows: index }])

  const { timings, affected_rows, dropped } = metrics.toJson([
    { name: 'perform', milliseconds: 5_000, affectedRows: null },
  ]) as Record<string, { perform: number[] }>

  expect(timings?.perform).toHaveLength(1_000)
  expect(timings?.perform.at(-1)).toBe(5)
  expect(affected_rows?.perform).toHaveLength(1_000)
  expect(affected_rows?.perform.at(-1)).toBe(4_999)
  expect(dropped).toEqual({ perform: 4_001 })
})
