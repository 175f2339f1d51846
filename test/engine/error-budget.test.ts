import { expect, it } from 'vitest'
import { defineBatchedMigration, eachRow, sql, values } from '../../src/catalogue/api.ts'
import type { ErrorBudget } from '../../src/catalogue/definition.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { inProcessTransformer } from '../support/in-process-transformer.ts'

interface Item {
  readonly id: string
  readonly bad: boolean
}

/** Items of which those in `bad` raise, in one job of sub-batches of 100. */
async function queued(rows: number, bad: readonly number[], errorBudget: ErrorBudget): Promise<Bundle> {
  const definition = defineBatchedMigration({
    jobClassName: 'Copy',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: rows,
    subBatchSize: 100,
    pauseMs: 0,
    errorBudget,
    perform: eachRow({
      select: ({ subBatch }) => sql`SELECT id, bad FROM items WHERE ${subBatch}`,
      transform: ({ id, bad: isBad }: Item) => {
        if (isBad) throw new Error('bad')
        return { id }
      },
      write: (list) => sql`INSERT INTO copies (id)
        ${values(
          list.map(({ value }) => value),
          { id: 'bigint' },
        )} ON CONFLICT DO NOTHING`,
    }),
  })
  const bundle = await setup({
    schema: `CREATE TABLE items (id bigint PRIMARY KEY, bad boolean NOT NULL DEFAULT false); CREATE TABLE copies (id bigint PRIMARY KEY);
      INSERT INTO items SELECT generate_series(1, ${rows})`,
    definitions: [definition],
    ports: { rowTransformer: inProcessTransformer },
  })
  await bundle.query('UPDATE items SET bad = true WHERE id = ANY ($1)', [bad])
  await bundle.engine.queue({ jobClassName: 'Copy' })
  return bundle
}

it('lets as many rows into quarantine as the budget says, over all sub-batches', async () => {
  const { engine } = await queued(300, [5, 105, 205], { rows: 3 })

  expect(await engine.run('1')).toMatchObject({ reason: 'finished', rows: { changed: 297, quarantined: 3 } })
})

it('fails the attempt with the row above the budget, keeps what is behind, and goes on when the rows are put right', async () => {
  const { engine, query } = await queued(300, [5, 105, 106, 205], { rows: 2 })

  expect(await engine.run('1')).toMatchObject({ reason: 'failed', rows: { changed: 99, quarantined: 1 } })
  const logs = await query(
    'SELECT DISTINCT exception_message FROM tranche.batched_background_migration_job_transition_logs WHERE next_status = 2',
  )
  expect(logs).toEqual([
    {
      exception_message: expect.stringContaining(
        '3 rows could not be migrated; the error budget allows 2\nIn this sub-batch: 2 × Error: bad, such as 105, 106',
      ) as string,
    },
  ])

  await query('UPDATE items SET bad = false WHERE id > 5')
  await engine.retry('1')
  expect(await engine.run('1')).toMatchObject({ reason: 'finished' })
  expect(await query('SELECT count(*)::int FROM copies')).toEqual([{ count: 299 }])
})

it('takes a share of the rows scanned so far, and none before the thousandth', async () => {
  const share = { share: 0.002 }
  const many = Array.from({ length: 50 }, (_, i) => i + 1)
  expect(await (await queued(900, many, share)).engine.run('1')).toMatchObject({ reason: 'finished' })
  expect(await (await queued(1200, [1, 1150], share)).engine.run('1')).toMatchObject({ reason: 'finished' })
  expect(await (await queued(1200, [1, 2, 1150], share)).engine.run('1')).toMatchObject({
    reason: 'failed',
    rows: { quarantined: 2 },
  })
})
