/** What each class of errors of the server costs: nothing, a repetition, an attempt, or the run. */
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { Bundle } from '../support/engine-setup.ts'
import { hits, jobs, queued } from '../support/queued.ts'

/** A migration whose statement raises `sqlstate` the first `times` times that it runs. */
async function raising(sqlstate: string, times: number): Promise<Bundle & { readonly migrationId: string }> {
  const bundle = await queued(
    10,
    defineBatchedMigration({
      jobClassName: 'Raises',
      description: 'Raises for a while.',
      table: 'items',
      column: 'id',
      pauseMs: 0,
      perform: ({ subBatch }) => sql`
        UPDATE items SET hits = hits + 1 WHERE ${subBatch} AND id > (SELECT raise_for_a_while())`,
    }),
  )
  await bundle.query('CREATE SEQUENCE public.tries')
  await bundle.query(
    `CREATE FUNCTION public.raise_for_a_while() RETURNS integer VOLATILE LANGUAGE plpgsql AS $$
     BEGIN
       -- a sequence is not rolled back
       IF nextval('public.tries') <= ${String(times)} THEN
         RAISE EXCEPTION 'raised on purpose' USING ERRCODE = '${sqlstate}';
       END IF;
       RETURN 0;
     END $$`,
  )
  return bundle
}

for (const sqlstate of ['40001', '40P01', '55P03']) {
  it(`${sqlstate} five times in a row costs no attempt`, async () => {
    const bundle = await raising(sqlstate, 5)

    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })

    expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 1 }])
    expect(bundle.heard.filter(({ name }) => name === 'sub_batch:repeated')).toHaveLength(5)
    expect(await hits(bundle)).toEqual([{ hits: 1, count: 10 }])
  })
}

it('the sixth time counts as an attempt, and only that one is logged as a failure', async () => {
  const bundle = await raising('40001', 6)

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })

  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 2 }])
  const { groups } = await bundle.engine.failures(bundle.migrationId)
  expect(groups).toMatchObject([{ exceptionClass: 'serialization_failure (40001)', count: 1 }])
})

it('a full disk stops the whole run with its reason, and gives claim and attempt back', async () => {
  const bundle = await raising('53100', 1)

  await expect(bundle.engine.run(bundle.migrationId)).rejects.toMatchObject({
    code: 'target_exhausted',
    message: expect.stringContaining('raised on purpose') as string,
  })

  expect(await jobs(bundle)).toMatchObject([{ status: 0, attempts: 0 }])
  expect(await bundle.query('SELECT FROM tranche.runners')).toEqual([])
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
})

it('a statement that takes too long is cancelled by the server and costs its attempt', async () => {
  const slow = defineBatchedMigration({
    jobClassName: 'Slow',
    description: 'Sleeps.',
    table: 'items',
    column: 'id',
    // One sub-batch: there is nothing to be made smaller.
    batchSize: 10,
    subBatchSize: 10,
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch} AND pg_sleep(60) IS NOT NULL`,
  })
  const bundle = await queued(10, slow)

  // Far above what its other statements take on a busy machine.
  const outcome = await bundle.another({ limits: { statementTimeoutMs: 2_000 } }).run(bundle.migrationId)

  expect(outcome).toMatchObject({ reason: 'failed' })
  const { groups } = await bundle.engine.failures(bundle.migrationId)
  expect(groups).toMatchObject([{ exceptionClass: 'query_canceled (57014)', count: 3 }])
})
