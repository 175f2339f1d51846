import { expect, it } from 'vitest'
import { defineBatchedMigration, eachRow, sql, values } from '../../src/catalogue/api.ts'
import type { BatchedMigrationInput } from '../../src/catalogue/batched-migration-input.ts'
import type { EachRow } from '../../src/catalogue/definition.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { inProcessTransformer } from '../support/in-process-transformer.ts'

type Perform = BatchedMigrationInput<Record<string, never>>['perform']

interface Narrowed {
  readonly bundle: Bundle
  readonly quarantine: () => Promise<readonly unknown[]>
  readonly hits: () => Promise<readonly unknown[]>
}

interface Form {
  readonly perform: Perform
  readonly errorBudget?: { readonly rows: number }
}

/** 300 items in one job of sub-batches of 100; dividing by the divisor of those in `bad` raises 22012. */
async function queued(bad: readonly number[], { perform, errorBudget = { rows: 5 } }: Form): Promise<Narrowed> {
  const definition = defineBatchedMigration({
    jobClassName: 'Divide',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: 300,
    subBatchSize: 100,
    pauseMs: 0,
    ...(errorBudget.rows > 0 && { errorBudget }),
    perform,
  })
  const bundle = await setup({
    schema: `CREATE TABLE items (id bigint PRIMARY KEY, divisor integer NOT NULL DEFAULT 1, hits integer NOT NULL DEFAULT 0);
      INSERT INTO items (id) SELECT generate_series(1, 300);
      CREATE TABLE told (id bigint PRIMARY KEY, divisor integer, error text)`,
    definitions: [definition],
    ports: { rowTransformer: inProcessTransformer },
  })
  await bundle.query('UPDATE items SET divisor = 0 WHERE id = ANY ($1)', [bad])
  await bundle.engine.queue({ jobClassName: 'Divide' })
  return {
    bundle,
    quarantine: () => bundle.query('SELECT row_key, error_class, error_message FROM tranche.quarantine ORDER BY id'),
    hits: () => bundle.query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits'),
  }
}

const DIVIDE: Perform = ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 / divisor WHERE ${subBatch}`

const DIVIDE_BY_FUNCTION: Perform = async ({ subBatch, query }) => {
  await query(sql`SELECT count(*) FROM items WHERE ${subBatch}`)
  const { rowCount } = await query(sql`UPDATE items SET hits = hits + 1 / divisor WHERE ${subBatch}`)
  return { changed: rowCount }
}

const DIVIDE_EACH: Perform = eachRow({
  select: ({ subBatch }) => sql`SELECT id FROM items WHERE ${subBatch}`,
  transform: ({ id }: { readonly id: string }) => ({ id }),
  write: (list) =>
    sql`UPDATE items SET hits = hits + 1 / divisor FROM (${values(
      list.map(({ value }) => value),
      { id: 'bigint' },
    )}) AS v (id) WHERE v.id = items.id`,
})

const FORMS = [
  ['a statement', DIVIDE],
  ['a function', DIVIDE_BY_FUNCTION],
  ['the write of eachRow', DIVIDE_EACH],
] as const

const rowOf = (id: number): unknown => ({
  row_key: [String(id)],
  error_class: 'division_by_zero (22012)',
  error_message: expect.stringContaining('division by zero') as string,
})

it.each(FORMS)('narrows what %s fails on to the rows, and migrates all others once', async (_form, perform) => {
  const { bundle, quarantine, hits } = await queued([1, 150, 151, 300], { perform })

  expect(await bundle.engine.run('1')).toMatchObject({
    reason: 'finished',
    rows: { scanned: 300, changed: 296, quarantined: 4 },
  })

  expect(await quarantine()).toEqual([1, 150, 151, 300].map(rowOf))
  expect(await hits()).toEqual([
    { hits: 0, count: 4 },
    { hits: 1, count: 296 },
  ])
  expect((await bundle.engine.failures('1')).jobs).toEqual([])
})

it('tells of each step of narrowing', async () => {
  const { bundle } = await queued([150], { perform: DIVIDE })
  const told: number[] = []
  bundle.engine.on('sub_batch:narrowed', ({ rows, exceptionClass }) => {
    expect(exceptionClass).toBe('division_by_zero (22012)')
    told.push(rows)
  })

  await bundle.engine.run('1')

  // The rows of each part that failed; in the end the row is alone.
  expect(told).toEqual([100, 50, 25, 12, 6, 3, 1])
})

it('fails the job with the row above the budget, with the cause of it, and keeps the rows before it', async () => {
  const { bundle, quarantine } = await queued([20, 120, 220], { perform: DIVIDE, errorBudget: { rows: 2 } })

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'failed', rows: { quarantined: 2, changed: 217 } })

  expect(await quarantine()).toEqual([20, 120].map(rowOf))
  const [entry] = await bundle.query(
    'SELECT exception_message FROM tranche.batched_background_migration_job_transition_logs WHERE next_status = 2',
  )
  expect(entry).toEqual({
    exception_message: expect.stringContaining(
      '3 rows could not be migrated; the error budget allows 2\nIn this sub-batch: 1 × division_by_zero (22012): division by zero, such as 220',
    ) as string,
  })
})

it('fails the job as ever without an error budget', async () => {
  const { bundle, quarantine } = await queued([150], { perform: DIVIDE, errorBudget: { rows: 0 } })

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'failed', rows: { scanned: 100 } })
  expect(await quarantine()).toEqual([])
})

it.each([
  ['SQL that no row can put right', ({ subBatch }) => sql`UPDATE items SET hitz = 1 WHERE ${subBatch}`],
  ['a perform that breaks its own rules', () => undefined as never],
] as const satisfies readonly (readonly [string, Perform])[])('does not narrow %s', async (_fault, perform) => {
  const { bundle, quarantine } = await queued([], { perform })
  const told: unknown[] = []
  bundle.engine.on('sub_batch:narrowed', (event) => told.push(event))

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'failed' })
  expect(told).toEqual([])
  expect(await quarantine()).toEqual([])
})

it('goes on narrowing after the session was killed in the middle of it', async () => {
  const { bundle, quarantine, hits } = await queued([130, 170], { perform: DIVIDE })
  let steps = 0
  const killed: Promise<unknown>[] = []
  bundle.engine.on('sub_batch:narrowed', () => {
    steps += 1
    if (steps % 3 !== 0 || killed.length === 2) return
    killed.push(
      bundle.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      ),
    )
  })

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'finished' })
  await Promise.all(killed)

  expect(killed).toHaveLength(2)
  expect(await quarantine()).toEqual([130, 170].map(rowOf))
  expect(await hits()).toEqual([
    { hits: 0, count: 2 },
    { hits: 1, count: 298 },
  ])
})

it('leaves the place in the middle of narrowing to the next run', async () => {
  const { bundle, quarantine, hits } = await queued([130, 170], { perform: DIVIDE })
  const stop = new AbortController()
  bundle.engine.on('sub_batch:narrowed', () => {
    stop.abort(new Error('stopped by the test'))
  })
  expect(await bundle.engine.run('1', { signal: stop.signal })).toMatchObject({ reason: 'aborted' })

  expect(await bundle.another().run('1')).toMatchObject({ reason: 'finished' })
  expect(await quarantine()).toEqual([130, 170].map(rowOf))
  expect(await hits()).toEqual([
    { hits: 0, count: 2 },
    { hits: 1, count: 298 },
  ])
})

/** Row 2 cannot be transformed, rows with the divisor 0 cannot be written. */
const telling = (onQuarantine: NonNullable<EachRow['onQuarantine']>): Perform =>
  eachRow({
    select: ({ subBatch }) => sql`SELECT id, divisor FROM items WHERE ${subBatch}`,
    transform: ({ id }: { readonly id: string }) => {
      if (id === '2') throw new RangeError('cannot be transformed')
      return { id }
    },
    write: (list) =>
      sql`UPDATE items SET hits = hits + 1 / divisor FROM (${values(
        list.map(({ value }) => value),
        { id: 'bigint' },
      )}) AS v (id) WHERE v.id = items.id`,
    onQuarantine,
  })

it('gives every row that goes into quarantine to onQuarantine, with its source, whatever it failed at', async () => {
  const perform = telling((rows) => {
    const told = rows.map(({ source, errorClass }) => ({ id: source.id, divisor: source.divisor, error: errorClass }))
    const types = { id: 'bigint', divisor: 'integer', error: 'text' } as const
    return sql`INSERT INTO told ${values(told, types)}`
  })
  const { bundle } = await queued([7], { perform })

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'finished', rows: { changed: 298, quarantined: 2 } })

  expect(await bundle.query('SELECT * FROM told ORDER BY id')).toEqual([
    { id: '2', divisor: 1, error: 'RangeError' },
    { id: '7', divisor: 0, error: 'division_by_zero (22012)' },
  ])
})

it('fails the job where onQuarantine itself fails for a row that is alone', async () => {
  const { bundle, quarantine } = await queued([7], { perform: telling(() => sql`SELECT 1 / 0`) })

  expect(await bundle.engine.run('1')).toMatchObject({ reason: 'failed' })

  expect(await quarantine()).toEqual([])
  expect((await bundle.engine.failures('1')).groups).toEqual([
    expect.objectContaining({
      exceptionClass: 'TypeError',
      message: expect.stringContaining('onQuarantine failed: division_by_zero (22012): division by zero') as string,
    }),
  ])
})
