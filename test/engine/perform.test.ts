import { describe, expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import type { PerformFunction, QueryingContext } from '../../src/catalogue/definition.ts'
import { define, failureOf, HIT, hits, performed } from '../support/performed.ts'

describe('one statement', () => {
  it('counts as changed what PostgreSQL reports, and as scanned what the slice holds', async () => {
    const { engine, migrationId } = await performed(
      define(({ subBatch }) => sql`UPDATE items SET hits = 1 WHERE ${subBatch} AND id % 2 = 0`),
    )
    expect((await engine.run(migrationId)).rows).toEqual({
      scanned: 6,
      changed: 3,
      unresolved: 0,
      quarantined: 0,
      exact: true,
    })
  })

  it('may delete the rows that it visits', async () => {
    const { engine, migrationId, query } = await performed(
      define(({ subBatch }) => sql`DELETE FROM items WHERE ${subBatch}`),
    )
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', rows: { scanned: 6, changed: 6 } })
    expect(await query('SELECT * FROM items')).toEqual([])
    expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
  })

  it.each([
    ['nothing', () => undefined, 'perform returned undefined; expected sql`…` or a promise (is a return missing?)'],
    ['COMMIT', () => sql`/* now */ COMMIT`, 'COMMIT would end the sub-batch’s transaction; perform must leave it open'],
    ['two statements', () => sql`SELECT 1; SELECT 2`, 'cannot insert multiple commands into a prepared statement'],
  ])('fails the job when perform gives %s', async (_what, perform, says) => {
    const bundle = await performed(define(perform as unknown as PerformFunction))
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toContain(says)
    expect(await hits(bundle)).toEqual([0, 0, 0, 0, 0, 0])
  })
})

describe('several statements', () => {
  it('run in one transaction with the progress, and their row counts are summed', async () => {
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        const { rows } = await query(sql`SELECT count(*) AS n, min(txid_current()) AS tx FROM items WHERE ${subBatch}`)
        await query(sql`INSERT INTO seen SELECT ${rows[0]?.n}::int, ${rows[0]?.tx}::bigint, pg_backend_pid()`)
      }),
      'CREATE TABLE seen (n int, tx bigint, pid int)',
    )
    const { rows } = await bundle.engine.run(bundle.migrationId)
    expect(rows).toMatchObject({ scanned: 6, changed: 9 })
    expect(await bundle.query('SELECT n, count(DISTINCT tx)::int AS transactions FROM seen GROUP BY n')).toEqual([
      { n: 2, transactions: 3 },
    ])
  })

  it.each([
    ['what it says', async () => Promise.resolve({ changed: 1 }), 3],
    ['nothing', async () => Promise.resolve(undefined), 6],
  ])('count as changed %s', async (_what, answer, changed) => {
    const { engine, migrationId } = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        return answer()
      }),
    )
    expect((await engine.run(migrationId)).rows.changed).toBe(changed)
  })

  it('may be returned as the promise of the only query', async () => {
    const bundle = await performed(
      define((({ query, subBatch }: QueryingContext) => query(HIT(subBatch))) as unknown as PerformFunction),
    )
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', rows: { changed: 6 } })
    expect(await hits(bundle)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('leave nothing behind when one of them fails, or the author throws after all of them', async () => {
    const first = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        await query(sql`SELECT 1 / 0`)
      }),
    )
    const second = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        throw new RangeError('after all')
      }),
    )
    for (const bundle of [first, second])
      expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect([await hits(first), await hits(second)]).toEqual([
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ])
    expect([
      await failureOf(first.engine, first.migrationId),
      await failureOf(second.engine, second.migrationId),
    ]).toEqual(['division_by_zero (22012): division by zero', 'RangeError: after all'])
  })

  it.each([
    [
      'swallows',
      async (query: Promise<unknown>) => query.catch(() => undefined),
      'division_by_zero (22012): division by zero',
    ],
    [
      'wraps',
      async (query: Promise<unknown>) =>
        query.catch((cause: unknown) => {
          throw new Error('mine', { cause })
        }),
      'Error: mine\nCAUSE: division_by_zero (22012): division by zero',
    ],
  ])('do not commit when the author %s an error', async (_what, handle, says) => {
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        await handle(query(sql`SELECT 1 / 0`))
      }),
    )
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toBe(says)
    expect(await hits(bundle)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('may go back to a savepoint of their own', async () => {
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        await query(sql`SAVEPOINT mine`)
        await query(sql`SELECT 1 / 0`).catch(() => undefined)
        await query(sql`ROLLBACK TO SAVEPOINT mine`)
        await query(HIT(subBatch))
      }),
    )
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
    expect(await hits(bundle)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it.each([
    [
      'a query is not awaited',
      async ({ query, subBatch }) => {
        void query(HIT(subBatch))
      },
      'TypeError: perform ended before a query of it: await ctx.query',
    ],
    [
      'a failing query is not awaited',
      async ({ query }) => {
        void query(sql`SELECT 1 / 0`)
      },
      'division_by_zero (22012): division by zero',
    ],
    [
      'a statement is returned but not run',
      (async ({ subBatch }: QueryingContext) => HIT(subBatch)) as unknown as PerformFunction,
      'TypeError: perform returned a statement that it did not run: await ctx.query(sql`…`)',
    ],
    [
      'something else is returned',
      (async () => ({ changed: 'many' })) as unknown as PerformFunction,
      'TypeError: perform returned {"changed":"many"}; expected nothing, or { changed } with a number of rows',
    ],
    [
      'it rolls back by itself',
      async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        await query(sql`ROLLBACK`)
      },
      'TypeError: ROLLBACK would end the sub-batch’s transaction; perform must leave it open',
    ],
  ] as readonly [string, PerformFunction, string][])('fail the job when %s', async (_what, perform, says) => {
    const bundle = await performed(define(perform))
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toBe(says)
    expect(await hits(bundle)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('fail the job when perform waits for something else than a database', async () => {
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        await new Promise(() => undefined)
      }),
    )
    // Far above what its other statements take on a busy machine.
    const impatient = bundle.another({ limits: { statementTimeoutMs: 2_000 } })
    await impatient.run(bundle.migrationId, { maxJobs: 1 })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toContain('perform sent no query for 2000 ms')
    expect(await hits(bundle)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('cannot query once their sub-batch is over', async () => {
    const late: Promise<unknown>[] = []
    const over = Promise.withResolvers<undefined>()
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        await query(HIT(subBatch))
        late.push(
          over.promise
            .then(async () => query(sql`UPDATE items SET hits = 99`))
            .catch((error: unknown) => (error as Error).message),
        )
      }),
    )
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
    over.resolve(undefined)
    expect(new Set(await Promise.all(late))).toEqual(new Set(['this sub-batch is over; a query of it came too late']))
    expect(await hits(bundle)).toEqual([1, 1, 1, 1, 1, 1])
  })
})
