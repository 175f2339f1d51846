/** Sharp edges of GitLab's framework that ours does not have, where no other test shows it. */
import { expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { claimJob } from '../../src/engine/claims.ts'
import { setup } from '../support/engine-setup.ts'
import { hitsTable } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { define, performed, queued } from '../support/performed.ts'
import { claimed, raced } from '../support/raced.ts'

it('a job that runs for longer than an hour is not started twice while its runner lives', async () => {
  const bundle = await raced()
  const first = bundle.context()
  const claim = await claimed(first, await joinedDrive(first, bundle.migrationId))
  await bundle.query(
    `UPDATE tranche.batched_background_migration_jobs SET started_at = now() - interval '5 hours', updated_at = now() - interval '5 hours'`,
  )
  const second = bundle.context()
  const drive = await joinedDrive(second, bundle.migrationId)
  const given: string[] = []
  for (;;) {
    const outcome = await claimJob(second, drive)
    if (outcome.kind !== 'claimed') break
    given.push(outcome.claim.jobId)
  }
  expect(given).toHaveLength(4)
  expect(given).not.toContain(claim.jobId)
})

it('retries are spaced by the interval too, also those of a job that was split', async () => {
  const { engine, migrationId, query } = await performed(
    define(({ subBatch }) => sql`UPDATE items SET hits = 1 / (hits - hits) WHERE ${subBatch}`, { batchSize: 12 }),
  )
  const isDue = async (): Promise<boolean> => (await engine.work({ once: true })).jobsRun > 0
  expect([await isDue(), await isDue()]).toEqual([true, false])

  const { jobs } = await engine.failures(migrationId)
  await engine.split(migrationId, jobs[0]?.job.id ?? '')
  expect(await isDue()).toBe(false)

  await query(`UPDATE tranche.batched_background_migration_jobs
                  SET updated_at = now() - interval '1 hour', started_at = started_at - interval '1 hour'`)
  expect([await isDue(), await isDue()]).toEqual([true, false])
})

it('an error while finalizing leaves no dead status: it fails, and finalize and retry lead on', async () => {
  const { engine, migrationId, query } = await queued()
  await query('ALTER TABLE items ADD CONSTRAINT nothing CHECK (hits = 0)')
  await expect(engine.finalize(migrationId)).rejects.toMatchObject({ code: 'migration_failed' })
  expect(await engine.get(migrationId)).toMatchObject({ status: 'failed', runners: [] })
  await query('ALTER TABLE items DROP CONSTRAINT nothing')
  expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
  expect(await engine.finalize(migrationId)).toMatchObject({ alreadyFinalized: true, run: null })
})

it('a failed job tells whether it waits for its retry or is blocked', async () => {
  const { engine, migrationId, query } = await queued()
  await query('ALTER TABLE items ADD CONSTRAINT nothing CHECK (hits = 0 OR id > 12)')
  await engine.run(migrationId)
  const { jobs } = await engine.failures(migrationId)
  expect(jobs.map(({ isBlocked }) => isBlocked)).toEqual([true])
  await engine.split(migrationId, jobs[0]?.job.id ?? '')
  expect((await engine.failures(migrationId)).jobs.map(({ isBlocked }) => isBlocked)).toEqual([false, false])
  expect(await engine.get(migrationId)).toMatchObject({ jobs: { blocked: 0, retriable: 2 } })
})

it('a view is not queued over: it would hide locks, vacuum and indexes', async () => {
  const definition = define(({ subBatch }) => sql`UPDATE seen SET hits = 1 WHERE ${subBatch}`, { table: 'seen' })
  const { engine } = await setup({
    schema: `${hitsTable(3)}; CREATE VIEW seen AS SELECT * FROM items`,
    definitions: [definition],
  })
  await expect(engine.queue({ jobClassName: 'Performed' })).rejects.toMatchObject({ code: 'table_missing' })
  expect(await engine.list()).toEqual([])
})
