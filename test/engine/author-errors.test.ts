/** What a definition's own code and statements may do wrong, without the run mistaking it for something else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, PerformFunction } from '../../src/catalogue/definition.ts'
import { hits, jobs, queued } from '../support/queued.ts'

function performing(perform: PerformFunction): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName: 'Troubled',
    description: 'Does something wrong.',
    table: 'items',
    column: 'id',
    pauseMs: 0,
    perform,
  })
}

const FAILED = [{ status: 2, attempts: 3 }]

it('a statement that raises a connection error of its own fails its attempts: our connection is well', async () => {
  const bundle = await queued(
    20,
    performing(({ subBatch }) => sql`UPDATE items SET hits = (raise_08001())::integer WHERE ${subBatch}`),
  )
  await bundle.query(
    `CREATE FUNCTION public.raise_08001() RETURNS integer LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'could not connect to the foreign server' USING ERRCODE = '08001'; END $$`,
  )

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })

  expect(await jobs(bundle)).toMatchObject(FAILED)
  const { groups } = await bundle.engine.failures(bundle.migrationId)
  expect(groups).toMatchObject([{ exceptionClass: 'sqlstate (08001)', count: 3 }])
})

it('a socket error out of the author’s function fails its attempts', async () => {
  const refused = performing(() =>
    Promise.reject<undefined>(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:80'), { code: 'ECONNREFUSED' })),
  )
  const bundle = await queued(20, refused)

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })

  expect(await jobs(bundle)).toMatchObject(FAILED)
})

it('a statement that ends its own session each time is tried a few times, and then fails its attempt', async () => {
  const ending = performing(
    ({ subBatch }) =>
      sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch} AND pg_terminate_backend(pg_backend_pid()) IS NOT NULL`,
  )
  const bundle = await queued(20, ending, [], { ports: { limits: { freeLosses: 2 } } })

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })

  expect(await jobs(bundle)).toMatchObject(FAILED)
  expect(bundle.heard.filter(({ name }) => name === 'connection:lost')).toHaveLength(9)
  expect(await hits(bundle)).toEqual([{ hits: 0, count: 20 }])
})

it('what a stop cuts short in the author’s function is no failure: the claim and the attempt are given back', async () => {
  const stop = new AbortController()
  const waiting = performing(async ({ query, subBatch, signal }) => {
    await query(sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`)
    setTimeout(() => {
      stop.abort()
    }, 20)
    await sleep(8_000, undefined, { signal })
  })
  const bundle = await queued(20, waiting)

  expect(await bundle.engine.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({ reason: 'aborted' })

  expect(await jobs(bundle)).toMatchObject([{ status: 0, attempts: 0 }])
  expect(await hits(bundle)).toEqual([{ hits: 0, count: 20 }])
})

it('an author’s function that never ends does not keep a lane: the server ends its idle transaction, and stop gets through', async () => {
  const stop = new AbortController()
  const endless = performing(async ({ query, subBatch }) => {
    await query(sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`)
    stop.abort()
    await new Promise(() => undefined)
  })
  const bundle = await queued(20, endless)

  expect(await bundle.engine.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({ reason: 'aborted' })

  expect(await hits(bundle)).toEqual([{ hits: 0, count: 20 }])
})

it('a scope that planning cannot get through ends the run with its reason, and nothing is half-made', async () => {
  const slow = defineBatchedMigration({
    jobClassName: 'SlowScope',
    description: 'A scope that no index serves.',
    table: 'items',
    column: 'id',
    scope: sql`pg_sleep(0.05) IS NOT NULL`,
    samples: false,
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
  })
  const bundle = await queued(200, slow)

  const run = bundle.another({ limits: { planningTimeoutMs: 300 } }).run(bundle.migrationId)

  await expect(run).rejects.toMatchObject({ code: 'planning_timeout' })
  expect(await jobs(bundle)).toEqual([])
  expect(await bundle.query('SELECT FROM tranche.runners')).toEqual([])
})
