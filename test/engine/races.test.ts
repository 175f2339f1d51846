/** Each race that the protocol names, with real connections that hold each other up. */
import { expect, it, onTestFinished } from 'vitest'
import { claimJob, releaseClaim } from '../../src/engine/claims.ts'
import { resolveClaim } from '../../src/engine/resolve-claim.ts'
import { decideEnding } from '../../src/engine/ending.ts'
import { leaveLease } from '../../src/engine/lease.ts'
import { fly } from '../../src/engine/target/flight.ts'
import { transact } from '../../src/engine/target/transaction.ts'
import { sql } from '../../src/shared/sql.ts'
import { deadIdentity } from '../support/dead-process.ts'
import { openTestTarget, setup } from '../support/engine-setup.ts'
import { hitEvery } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { begin, claimed, hits, raced, runFirstSubBatch, runSubBatch, untilSomebodyWaits } from '../support/raced.ts'

it('a takeover waits for the sub-batch in hand, and the runner that lost its claim writes nothing more', async () => {
  const bundle = await raced()
  const lost = bundle.context(await deadIdentity())
  const drive = await joinedDrive(lost, bundle.migrationId)
  const claim = await claimed(lost, drive)
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id = 9 FOR UPDATE')
  const inHand = runFirstSubBatch(lost, drive, claim)
  await untilSomebodyWaits(bundle)

  const successor = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle, 2) // the takeover waits for the progress row that the guard locked
  await blocker.query('COMMIT')

  await inHand
  expect(await successor).toMatchObject({ reason: 'finished' })
  await expect(runSubBatch(lost, drive, claim, 1)).rejects.toMatchObject({ code: 'TR002' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
})

it('a sub-batch that waited at the guard sees the pause that was committed meanwhile', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  const claim = await claimed(context, drive)
  const blocker = await begin(bundle, `SELECT FROM tranche.job_progress WHERE job_id = ${claim.jobId} FOR UPDATE`)
  const waiting = runFirstSubBatch(context, drive, claim)
  waiting.catch(() => undefined)
  await untilSomebodyWaits(bundle)

  await bundle.engine.pause(bundle.migrationId)
  await blocker.query('COMMIT')

  await expect(waiting).rejects.toMatchObject({ code: 'TR003' })
  expect(await hits(bundle)).toEqual([{ hits: 0, count: 100 }])
})

it('a sub-batch does not commit over one before it that failed', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  const claim = await claimed(context, drive)

  await expect(runSubBatch(context, drive, claim, 1)).rejects.toMatchObject({ code: 'TR004' })
  expect(await hits(bundle)).toEqual([{ hits: 0, count: 100 }])
})

it('re-reads a pending job under its lock: one that was finished meanwhile is not claimed', async () => {
  const bundle = await raced()
  const first = bundle.context()
  const drive = await joinedDrive(first, bundle.migrationId)
  const { jobId } = await claimed(first, drive)
  await releaseClaim(first, drive, jobId, 'for the test')
  const blocker = await begin(bundle, 'LOCK TABLE tranche.job_progress IN ACCESS EXCLUSIVE MODE')
  const claiming = claimJob(first, drive)
  await untilSomebodyWaits(bundle) // the candidate is picked, its progress row is not locked yet

  await blocker.query(`UPDATE tranche.batched_background_migration_jobs SET status = 3 WHERE id = ${jobId}`)
  await blocker.query('COMMIT')

  // A new range instead.
  const next = await claiming
  expect(next).toMatchObject({ kind: 'claimed' })
  expect(next.kind === 'claimed' && next.claim.jobId).not.toBe(jobId)
})

it('a pending job that another session holds keeps nobody from new ranges, and is waited for at the end', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  const { jobId } = await claimed(context, drive)
  await releaseClaim(context, drive, jobId, 'for the test')
  await leaveLease(context, {
    migrationId: bundle.migrationId,
    leaseOid: drive.scoped.table.leaseOid,
    runnerId: drive.runnerId,
  })
  const blocker = await begin(bundle, `SELECT FROM tranche.job_progress WHERE job_id = ${jobId} FOR UPDATE`)
  const waiting = bundle.until('run:waiting')

  const run = bundle.engine.run(bundle.migrationId)

  expect((await waiting).reason).toBe('another session holds a lock on the jobs that are next')
  expect((await bundle.engine.get(bundle.migrationId)).jobs).toMatchObject({ pending: 1, running: 0 })
  await blocker.query('ROLLBACK')
  expect(await run).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
})

it('a frontier that somebody else has locked means busy, never exhausted', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  const planner = await begin(bundle, 'SELECT FROM tranche.planning_frontier FOR UPDATE')

  expect(await claimJob(context, drive)).toEqual({ kind: 'busy' })

  await planner.query('ROLLBACK')
  expect(await claimJob(context, drive)).toMatchObject({ kind: 'claimed' })
})

it('four runners make each job once, and their tiles cover the range', async () => {
  const bundle = await raced(2_000, [hitEvery({ batchSize: 25, subBatchSize: 25 })])

  const outcomes = await Promise.all(
    [bundle.engine, bundle.another(), bundle.another(), bundle.another()].map((engine) =>
      engine.run(bundle.migrationId),
    ),
  )

  expect(outcomes.map(({ reason }) => reason)).toEqual(['finished', 'finished', 'finished', 'finished'])
  expect(outcomes.reduce((sum, { jobsRun }) => sum + jobsRun, 0)).toBe(80)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 2_000 }])
  expect(await bundle.engine.verify(bundle.migrationId)).toMatchObject({ holds: true, proven: 'coverage-only' })
})

it('resolving a claim in doubt waits for the old backend, and believes only the cursor read under its lock', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  const claim = await claimed(context, drive)
  const end = claim.slices[0]?.end ?? []
  // the old backend: guarded, its data and progress written, COMMIT not yet done
  const old = await begin(
    bundle,
    `SELECT tranche.guard_sub_batch(${claim.jobId}, ${claim.epoch}, NULL, '{1}')`,
    `UPDATE items SET hits = hits + 1 WHERE id <= ${end[0] ?? ''}`,
    `UPDATE tranche.job_progress SET "cursor" = '{${end[0] ?? ''}}' WHERE job_id = ${claim.jobId}`,
  )
  const resolving = resolveClaim(context, drive, { jobId: claim.jobId, knowsCounts: true })
  await untilSomebodyWaits(bundle)
  await old.query('COMMIT')

  expect(await resolving).toMatchObject({ kind: 'resumed', claim: { cursor: end, epoch: '2' } })
})

it('a takeover gives the attempt back fifteen times; from the sixteenth on it counts, and a job that kills its runner ends', async () => {
  const bundle = await raced(10)
  const attempts: number[] = []
  for (let time = 1; time <= 18; time += 1) {
    const ghost = bundle.context(await deadIdentity())
    const drive = await joinedDrive(ghost, bundle.migrationId)
    await claimed(ghost, drive)
    // the next runner to join takes the dead one's claim over
    const next = bundle.context()
    const joined = await joinedDrive(next, bundle.migrationId)
    await leaveLease(next, {
      migrationId: bundle.migrationId,
      leaseOid: joined.scoped.table.leaseOid,
      runnerId: joined.runnerId,
    })
    const [job] = await bundle.query<{ attempts: number }>(
      'SELECT attempts FROM tranche.batched_background_migration_jobs',
    )
    attempts.push(job?.attempts ?? -1)
  }

  expect(attempts).toEqual([...Array<number>(15).fill(0), 1, 2, 3])
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ jobs: { blocked: 1, pending: 0, running: 0 } })
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
  const { jobs } = await bundle.engine.failures(bundle.migrationId)
  expect(jobs[0]?.log.at(-1)).toMatchObject({ exceptionClass: 'RunnerVanished', nextStatus: 'failed' })
})

it('a heartbeat is measured from the start of the server at the earliest', async () => {
  const { query } = await setup()

  const [row] = await query(
    `SELECT tranche.is_live(clock_timestamp() - interval '29 seconds') AS young,
            tranche.is_live(clock_timestamp() - interval '1 day')
              = (pg_postmaster_start_time() > clock_timestamp() - interval '30 seconds') AS old_counts_from_the_start`,
  )

  expect(row).toEqual({ young: true, old_counts_from_the_start: true })
})

it('does not finish a migration while a job of it is being made', async () => {
  const bundle = await raced(20)
  await bundle.engine.run(bundle.migrationId)
  await bundle.query(`UPDATE tranche.batched_background_migrations SET status = 1`)
  const maker = await begin(
    bundle,
    `SELECT FROM tranche.batched_background_migrations FOR SHARE`,
    `INSERT INTO tranche.batched_background_migration_jobs (batched_background_migration_id, min_value, max_value, batch_size, sub_batch_size)
     VALUES (${bundle.migrationId}, 1000, 1000, 1, 1)`,
  )
  const deciding = decideEnding(bundle.context(), bundle.migrationId)
  await untilSomebodyWaits(bundle)
  await maker.query('COMMIT')

  expect(await deciding).toMatchObject({ status: 'active', change: null })
})

it('a runner that was declared dead claims nothing more, even where its lease still stands', async () => {
  const bundle = await raced()
  const context = bundle.context()
  const drive = await joinedDrive(context, bundle.migrationId)
  await joinedDrive(bundle.context(), bundle.migrationId)
  await bundle.query('DELETE FROM tranche.runners WHERE id = $1', [drive.runnerId])

  expect(await claimJob(context, drive)).toEqual({ kind: 'taken_over' })
})

it('the COMMIT of an aborted transaction is not taken for a commit', async () => {
  const bundle = await setup()
  const target = openTestTarget(bundle.database)
  onTestFinished(() => target.close())

  const committing = target.withClient((client) =>
    transact(client, { statementTimeoutMs: 5_000, hasConnectionCheck: true }, async (transaction) => {
      await transaction.query(sql`SELECT 1 / 0`).catch(() => undefined)
    }),
  )

  await expect(committing).rejects.toThrow('COMMIT answered ROLLBACK')
})

it('nothing of a flight behind a failed statement is done, not even outside a transaction', async () => {
  const bundle = await setup({ schema: 'CREATE TABLE written (id integer)' })
  const target = openTestTarget(bundle.database)
  onTestFinished(() => target.close())

  const flying = target.withClient((client) =>
    // as when a cancel hits BEGIN: what follows must not run by itself
    fly(client, [sql`SELECT 1 / 0`, sql`INSERT INTO written VALUES (1)`, sql`COMMIT`], 5_000),
  )

  await expect(flying).rejects.toMatchObject({ code: '22012' })
  expect(await bundle.query('SELECT FROM written')).toEqual([])
})
