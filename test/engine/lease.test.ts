/** The table lease: who may write a table, and who may take it. */
import { expect, it } from 'vitest'
import { claimJob } from '../../src/engine/claims.ts'
import { joinLease, leaveLease } from '../../src/engine/lease.ts'
import { deadIdentity } from '../support/dead-process.ts'
import { hitEvery } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { claimed, hits, raced, runFirstSubBatch } from '../support/raced.ts'

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
    tableOid: living.scoped.table.oid,
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
    tableOid: table?.oid ?? '',
    runnerId: crypto.randomUUID(),
    drivenStatuses: ['active'],
  })

  expect(joined.status).toBe('paused')
  expect(await bundle.query('SELECT FROM tranche.runners')).toEqual([])
})
