import { describe, expect, it } from 'vitest'
import { check, sql } from '../../src/catalogue/api.ts'
import { loadedOf } from '../support/engine-ports.ts'
import { define, finished, HIT, hits, performed, queued } from '../support/performed.ts'

const NONE_MISSED = check.none('no row is missed', sql`SELECT id FROM items WHERE hits <> 1`)
const NEVER = check.count('a check that never holds', sql`SELECT 1`, 0)

const statusOf = async ({ query }: Pick<Awaited<ReturnType<typeof queued>>, 'query'>): Promise<unknown> =>
  (await query<{ status: number }>('SELECT status FROM tranche.batched_background_migrations'))[0]?.status

it.each([
  ['active', ''],
  ['active with a job done', 'run'],
  ['paused', 'pause'],
  ['failed', 'fail'],
])('completes the remainder of a migration that is %s, proves it and seals it', async (_what, first) => {
  const bundle = await queued({ intervalSeconds: 300, verify: [NONE_MISSED] })
  const { engine, migrationId, query } = bundle
  if (first === 'run') await engine.run(migrationId, { maxJobs: 1 })
  if (first === 'pause') await engine.pause(migrationId)
  if (first === 'fail') {
    await query('ALTER TABLE items ADD CHECK (hits = 0 OR id > 12)')
    await expect(engine.run(migrationId)).resolves.toMatchObject({ reason: 'failed' })
    await query('ALTER TABLE items DROP CONSTRAINT items_check')
  }

  const outcome = await engine.finalize(migrationId)

  expect(outcome).toMatchObject({
    alreadyFinalized: false,
    migration: { status: 'finalized' },
    run: { reason: 'finished', done: true },
    verification: { holds: true, proven: 'checks' },
    afterStatements: [],
  })
  expect(await hits(bundle)).toEqual(new Array(12).fill(1))
  const kinds = (await engine.events(migrationId)).map(({ kind }) => kind)
  expect(kinds.slice(kinds.indexOf('finalize'))).toEqual([
    'finalize',
    'run',
    'finished',
    'run_ended',
    'verify',
    'finalized',
  ])
})

it('seals a finished one without running anything, and answers for a sealed one', async () => {
  const { engine, migrationId, another, query } = await finished({ verify: [NONE_MISSED] })
  const first = await engine.finalize(migrationId, { noRun: true })
  expect(first).toMatchObject({ alreadyFinalized: false, run: null, migration: { status: 'finalized' } })

  await query('DROP TABLE items')
  const forgetful = another({ definitions: { find: () => undefined, list: () => [] } })
  expect(await forgetful.finalize(migrationId)).toEqual({
    alreadyFinalized: true,
    migration: first.migration,
    run: null,
    verification: null,
    afterStatements: [],
  })
})

it.each([
  ['active', 'Run it to its end with: tranche run 1, or finalize without --no-run.'],
  ['paused', 'Run it to its end with: tranche run 1, or finalize without --no-run.'],
  ['failed', 'See why with: tranche failures 1; once the cause is mended: tranche retry 1, then: tranche run 1'],
])('with noRun refuses one that is %s and leaves it as it was', async (status, remedy) => {
  const { engine, migrationId, query } = await queued()
  await query(`UPDATE tranche.batched_background_migrations SET status = $1`, [
    { active: 1, paused: 0, failed: 4 }[status],
  ])
  await expect(engine.finalize(migrationId, { noRun: true })).rejects.toMatchObject({
    ...{ code: 'unfinished', remedy },
    details: { status },
  })
  expect(await engine.get(migrationId)).toMatchObject({ status })
  expect((await engine.events(migrationId)).map(({ kind }) => kind)).toEqual(['queue'])
})

it('leaves it finished where a check does not hold, until that is waived with a reason', async () => {
  const bundle = await queued({ verify: [NONE_MISSED, NEVER] })
  const { engine, migrationId } = bundle
  await expect(engine.finalize(migrationId)).rejects.toMatchObject({
    code: 'check_failed',
    message: expect.stringContaining('"a check that never holds" expected 0, found 1') as string,
    details: { verification: { holds: false, proven: 'nothing' } },
  })
  expect(await engine.get(migrationId)).toMatchObject({ status: 'finished' })

  const outcome = await engine.finalize(migrationId, { waive: { 'a check that never holds': 'known since 2019' } })

  expect(outcome.migration.status).toBe('finalized')
  expect(outcome.verification?.checks.map(({ holds, waivedBecause }) => [holds, waivedBecause])).toEqual([
    [true, null],
    [true, null],
    [true, null],
    [false, 'known since 2019'],
  ])
  expect((await engine.events(migrationId)).filter(({ kind }) => kind === 'verify').at(-1)?.details).toMatchObject({
    waived: [{ name: 'a check that never holds', waivedBecause: 'known since 2019' }],
  })
})

it.each([
  { waive: { 'no such check': 'why not' }, says: 'there is no check "no such check"' },
  { waive: { 'every job succeeded': 'why not' }, says: 'there is no check "every job succeeded"' },
  { waive: { 'a check that never holds': '  ' }, says: 'gives no reason' },
])('refuses the waiver $waive and does nothing', async ({ waive, says }) => {
  const bundle = await queued({ verify: [NEVER] })
  await expect(bundle.engine.finalize(bundle.migrationId, { waive })).rejects.toMatchObject({
    code: 'invalid_arguments',
    message: expect.stringContaining(says) as string,
  })
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'active' })
  expect(await hits(bundle)).toEqual(new Array(12).fill(0))
})

it('does not let an author waive a built-in check by giving a check of theirs its name', async () => {
  const { engine, migrationId, query } = await finished({ verify: [check.none('every job succeeded', sql`SELECT 1`)] })
  await query('UPDATE tranche.batched_background_migration_jobs SET status = 0 WHERE min_value = 3')
  await expect(engine.finalize(migrationId, { waive: { 'every job succeeded': 'x' } })).rejects.toMatchObject({
    code: 'check_failed',
  })
})

it('refuses a definition that changed since it was queued', async () => {
  const { another, migrationId } = await queued()
  const definition = define(({ subBatch }) => HIT(subBatch))
  const changed = another({ definitions: { find: () => loadedOf(definition, 'other'), list: () => [] } })
  await expect(changed.finalize(migrationId)).rejects.toMatchObject({ code: 'definition_drift' })
  expect(await changed.get(migrationId)).toMatchObject({ status: 'active' })
})

describe('closing statements', () => {
  it('run in order, each in a transaction of its own or outside one where it must be', async () => {
    const bundle = await finished({
      finalize: {
        after: [
          sql`CREATE TABLE IF NOT EXISTS closed AS SELECT txid_current() AS tx`,
          sql`-- after the backfill
              VACUUM (ANALYZE) items`,
          sql`CREATE INDEX CONCURRENTLY IF NOT EXISTS items_on_hits ON items (hits)`,
          sql`INSERT INTO closed SELECT txid_current()`,
        ],
      },
    })
    const { engine, migrationId, query, heard } = bundle
    const { afterStatements } = await engine.finalize(migrationId)
    expect(afterStatements.map(({ statement }) => statement.split(' ')[0])).toEqual([
      'CREATE',
      '--',
      'CREATE',
      'INSERT',
    ])
    expect(heard.filter(({ name }) => name === 'finalize:after')).toHaveLength(4)
    expect(await query('SELECT count(DISTINCT tx)::int FROM closed')).toEqual([{ count: 2 }])
    expect(await query(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_on_hits'::regclass`)).toEqual([
      { indisvalid: true },
    ])
  })

  it('leave it finished when one fails, and are repeated by the next finalize', async () => {
    const { engine, migrationId, query } = await finished({
      finalize: { after: [sql`CREATE TABLE IF NOT EXISTS closed (n int)`, sql`INSERT INTO marks VALUES (1)`] },
    })
    await expect(engine.finalize(migrationId)).rejects.toMatchObject({
      code: 'finalize_after_failed',
      message: expect.stringMatching(/stays finished.*relation "marks" does not exist.*INSERT INTO marks/s) as string,
      details: { statement: 'INSERT INTO marks VALUES (1)', done: 1 },
    })
    expect(await engine.get(migrationId)).toMatchObject({ status: 'finished' })
    await query('CREATE TABLE public.marks (n int)')
    expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
    expect(await query('SELECT n FROM public.marks')).toEqual([{ n: 1 }])
  })
})

describe('stopped on the way', () => {
  const BEFORE = ['active', 'paused', 'failed'] as const
  /** A migration that waits in its first sub-batch, behind the guard, until it is told to go on. */
  async function waiting(status: 'active' | 'paused' | 'failed') {
    let subBatches = 0
    let goOn: () => void = () => undefined
    let reached: () => void = () => undefined
    const isWaiting = new Promise<void>((resolve) => (reached = resolve))
    const bundle = await performed(
      define(async ({ query, subBatch }) => {
        subBatches += 1
        if (subBatches === 1) {
          const told = new Promise<void>((resolve) => (goOn = resolve))
          reached()
          await told
        }
        await query(HIT(subBatch))
      }),
    )
    await bundle.query('UPDATE tranche.batched_background_migrations SET status = $1', [
      { active: 1, paused: 0, failed: 4 }[status],
    ])
    return { ...bundle, isWaiting, goOn: () => goOn() }
  }

  it.each(BEFORE)('by a pause goes back to %s', async (status) => {
    const bundle = await waiting(status)
    const finalizing = bundle.engine.finalize(bundle.migrationId).catch((error: unknown) => error)
    await bundle.isWaiting
    expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'finalizing' })

    const paused = await bundle.another().pause(bundle.migrationId)
    bundle.goOn()

    expect(paused.status).toBe(status)
    expect(await finalizing).toMatchObject({ code: 'stopped', details: { reason: 'paused' } })
    expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
      status,
      runners: [],
      jobs: { succeeded: 0, running: 0, pending: 1 },
    })
    expect(await hits(bundle)).toEqual([1, 1, 0, 0, 0, 0])
    expect(await bundle.engine.finalize(bundle.migrationId)).toMatchObject({ migration: { status: 'finalized' } })
    expect(await hits(bundle)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it.each(BEFORE)('by a signal goes back to %s', async (status) => {
    const bundle = await waiting(status)
    const stopping = new AbortController()
    const finalizing = bundle.engine
      .finalize(bundle.migrationId, { signal: stopping.signal })
      .catch((error: unknown) => error)
    await bundle.isWaiting
    stopping.abort()
    bundle.goOn()
    expect(await finalizing).toMatchObject({ code: 'stopped', details: { reason: 'aborted' } })
    expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status, runners: [] })
    expect(bundle.heard.filter(({ name }) => name === 'migration:changed').map(({ event }) => event)).toEqual([
      { migrationId: bundle.migrationId, event: 'finalize', from: status, to: 'finalizing' },
      { migrationId: bundle.migrationId, event: 'restore', from: 'finalizing', to: status },
    ])
  })

  it('between the run and the end stays finished', async () => {
    const stopping = new AbortController()
    const { engine, migrationId } = await queued({ verify: [NONE_MISSED], finalize: { after: [sql`ANALYZE items`] } })
    engine.on('verification:finished', () => stopping.abort())
    await expect(engine.finalize(migrationId, { signal: stopping.signal })).rejects.toMatchObject({ code: 'stopped' })
    expect(await engine.get(migrationId)).toMatchObject({ status: 'finished' })
  })

  it('goes back when its jobs fail: to failed, with the failures to look at', async () => {
    const { engine, migrationId } = await performed(
      define(async ({ query }) => {
        await query(sql`SELECT 1 / 0`)
      }),
    )
    await engine.pause(migrationId)
    await expect(engine.finalize(migrationId)).rejects.toMatchObject({ code: 'migration_failed' })
    expect(await engine.get(migrationId)).toMatchObject({ status: 'failed', jobs: { blocked: 2 } })
    await expect(engine.finalize(migrationId)).rejects.toMatchObject({ code: 'migration_failed' })
    expect((await engine.failures(migrationId)).groups).toMatchObject([{ count: 12, jobCount: 2 }])
  })

  it.each(['finalize', 'pause'] as const)('by a process that died can be taken up with %s', async (verb) => {
    const { engine, migrationId, query } = await queued()
    await query('UPDATE tranche.batched_background_migrations SET status = 5')
    await query('UPDATE tranche.migration_details SET finalizing_from = 0')
    const migration =
      verb === 'pause' ? await engine.pause(migrationId) : (await engine.finalize(migrationId)).migration
    expect(migration.status).toBe({ pause: 'paused', finalize: 'finalized' }[verb])
  })
})

it('works when two people finalize at the same moment', async () => {
  const bundle = await queued({ verify: [NONE_MISSED], finalize: { after: [sql`ANALYZE items`] } })
  const outcomes = await Promise.all([bundle.engine, bundle.another()].map((each) => each.finalize(bundle.migrationId)))
  expect(outcomes.map(({ migration }) => migration.status)).toEqual(['finalized', 'finalized'])
  expect(await statusOf(bundle)).toBe(6)
  expect(await hits(bundle)).toEqual(new Array(12).fill(1))
})
