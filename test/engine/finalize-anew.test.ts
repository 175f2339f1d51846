/** Finalizing that ends early, and finalizing anew. */
import { expect, it } from 'vitest'
import { check, sql } from '../../src/catalogue/api.ts'
import { hitEvery } from '../support/hits.ts'
import { finished } from '../support/performed.ts'
import { queued } from '../support/queued.ts'
import { until } from '../support/until.ts'

it('finalizing what failed by the share of its failed jobs tries them anew, and counts from there', async () => {
  const bad = Array.from({ length: 50 }, (_, index) => 3 * (index * 10 + 1))
  const bundle = await queued(600, hitEvery({ raisesOnBad: true, batchSize: 10 }), bad)
  const { engine, query, migrationId } = bundle
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'failed' })
  expect((await engine.get(migrationId)).jobs).toMatchObject({ blocked: 0, retriable: 50 })
  await query('UPDATE items SET bad = id = 3')

  await expect(engine.finalize(migrationId)).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringContaining('1 job has used its attempts') as string,
  })
  expect((await engine.get(migrationId)).jobs).toMatchObject({ succeeded: 59, blocked: 1 })
  await query('UPDATE items SET bad = false')
  expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
})

const PARTS = ['after', 'verify'] as const

it.each(PARTS)('a signal ends finalizing in the middle of a statement, part %s', async (part) => {
  const slow = sql`SELECT 1 FROM items WHERE pg_sleep(60) IS NULL`
  const { engine, query, migrationId } = await finished(
    part === 'after' ? { finalize: { after: [slow] } } : { verify: [check.none('slow', slow)] },
  )
  const stopping = new AbortController()
  const finalizing = engine.finalize(migrationId, { signal: stopping.signal })
  const asleep = `SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND state = 'active'`
  await until(async () => (await query(asleep)).length === 1)
  stopping.abort()

  await expect(finalizing).rejects.toMatchObject({ code: 'stopped' })
  expect(await engine.get(migrationId)).toMatchObject({ status: 'finished' })
  // The server gives it up, too: it looks for its client each second.
  await until(async () => (await query(asleep)).length === 0)
})
