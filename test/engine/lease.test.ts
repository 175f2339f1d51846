/** The table lease: who may write a table, and who may take it. */
import { expect, it } from 'vitest'
import { claimJob } from '../../src/engine/claims.ts'
import { beat, joinLease, leaveLease } from '../../src/engine/lease.ts'
import { deadIdentity } from '../support/dead-process.ts'
import { hitEvery } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { begin, claimed, hits, raced, runFirstSubBatch, untilSomebodyWaits } from '../support/raced.ts'

it('a table is written by one migration at a time: another one is refused while a runner of the first lives', async () => {
  const definitions = [hitEvery({ batchSize: 20, subBatchSize: 5 }), hitEvery({ jobClassName: 'Other' })]
  const bundle = await raced(100, definitions)
  const other = await bundle.engine.queue({ jobClassName: 'Other' })
  await joinedDrive(bundle.context(), bundle.migrationId)

  await expect(bundle.engine.run(other.migration.id)).rejects.toMatchObject({
    code: 'table_busy',
    message: expect.stringContaining(`migration ${bundle.migrationId}`) as string,
  })
})

it('another migration takes the table from dead runners, and a woken one of them is fenced out', async () => {
  const definitions = [hitEvery({ batchSize: 20, subBatchSize: 5 }), hitEvery({ jobClassName: 'Other' })]
  const bundle = await raced(100, definitions)
  const frozen = bundle.context(await deadIdentity())
  const drive = await joinedDrive(frozen, bundle.migrationId)
  const claim = await claimed(frozen, drive)
  const other = await bundle.engine.queue({ jobClassName: 'Other' })

  expect(await bundle.engine.run(other.migration.id)).toMatchObject({ reason: 'finished' })

  await expect(runFirstSubBatch(frozen, drive, claim)).rejects.toMatchObject({ code: 'TR002' })
  expect(await claimJob(frozen, drive)).toEqual({ kind: 'taken_over' })
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    status: 'active',
    jobs: { pending: 1, running: 0 },
  })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
})

it('the last live runner to leave fences the dead ones before the lease is gone', async () => {
  const bundle = await raced()
  const live = bundle.context()
  const living = await joinedDrive(live, bundle.migrationId)
  const frozen = bundle.context(await deadIdentity())
  const drive = await joinedDrive(frozen, bundle.migrationId)
  const claim = await claimed(frozen, drive)

  await leaveLease(live, {
    migrationId: bundle.migrationId,
    leaseOid: living.scoped.table.leaseOid,
    runnerId: living.runnerId,
  })

  expect(await bundle.query('SELECT FROM tranche.table_leases')).toEqual([])
  await expect(runFirstSubBatch(frozen, drive, claim)).rejects.toMatchObject({ code: 'TR002' })
})

it('joining is refused without registering a runner when the migration is not to be driven', async () => {
  const bundle = await raced()
  await bundle.engine.pause(bundle.migrationId)
  const [table] = await bundle.query<{ oid: string }>(`SELECT 'items'::regclass::oid::text AS oid`)

  const joined = await joinLease(bundle.context(), {
    migrationId: bundle.migrationId,
    leaseOid: table?.oid ?? '',
    runnerId: crypto.randomUUID(),
    drivenStatuses: ['active'],
  })

  expect(joined.status).toBe('paused')
  expect(await bundle.query('SELECT FROM tranche.runners')).toEqual([])
})

it('a runner that is being evicted cannot come back with a heartbeat in between', async () => {
  const definitions = [hitEvery({ batchSize: 20, subBatchSize: 5 }), hitEvery({ jobClassName: 'Other' })]
  const bundle = await raced(100, definitions)
  const frozen = bundle.context(await deadIdentity())
  const drive = await joinedDrive(frozen, bundle.migrationId)
  const { jobId } = await claimed(frozen, drive)
  const other = await bundle.engine.queue({ jobClassName: 'Other' })
  // the eviction has judged the runner, and waits for the progress of its job
  const blocker = await begin(bundle, `SELECT FROM tranche.job_progress WHERE job_id = ${jobId} FOR UPDATE`)
  const evicting = bundle.engine.run(other.migration.id)
  await untilSomebodyWaits(bundle)

  const beating = beat(frozen, drive.runnerId)
  await untilSomebodyWaits(bundle, 2)
  await blocker.query('COMMIT')

  expect(await beating).toBe(false)
  expect(await evicting).toMatchObject({ reason: 'finished' })
})

it('runners of one migration may come and go at the same moment', async () => {
  const bundle = await raced(400, [hitEvery({ batchSize: 10, subBatchSize: 10 })])
  const engines = [bundle.engine, bundle.another(), bundle.another()]

  for (let round = 0; round < 8; round += 1) {
    await Promise.all(engines.map((engine) => engine.run(bundle.migrationId, { maxJobs: 1 })))
  }

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 400 }])
})

it('a finalize that is refused because the table is busy changes nothing', async () => {
  const failing = hitEvery({ batchSize: 20, subBatchSize: 5, raisesOnBad: true })
  const bundle = await raced(100, [failing, hitEvery({ jobClassName: 'Other' })])
  await bundle.query('UPDATE items SET bad = true WHERE id = 30')
  await bundle.engine.run(bundle.migrationId)
  const before = await bundle.engine.get(bundle.migrationId)
  const other = await bundle.engine.queue({ jobClassName: 'Other' })
  await joinedDrive(bundle.context(), other.migration.id)

  await expect(bundle.engine.finalize(bundle.migrationId)).rejects.toMatchObject({ code: 'table_busy' })

  expect(await bundle.engine.get(bundle.migrationId)).toEqual(before)
})

it('no dead finalizing: stopped beside a plain run, or killed, the former status comes back', async () => {
  const slow = hitEvery({ batchSize: 20, subBatchSize: 5, pauseMs: 20 })
  const bundle = await raced(400, [slow])
  const stop = new AbortController()
  const plain = bundle.another().run(bundle.migrationId, { maxJobs: 2 })
  const finalizing = bundle.engine.finalize(bundle.migrationId, { signal: stop.signal })
  await bundle.until('sub_batch:committed')
  stop.abort()
  await expect(finalizing).rejects.toMatchObject({ code: 'stopped' })
  await plain
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'active', runners: [] })

  // killed: a finalizing status without anybody who finalizes
  await bundle.query(`UPDATE tranche.migration_details SET finalizing_from = 1`)
  await bundle.query(`UPDATE tranche.batched_background_migrations SET status = 5`)
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
})
