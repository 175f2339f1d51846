/** Without a pause several sub-batches are in the air at once: what fails, stops or takes over between them costs no row. */
import { expect, it, onTestFinished } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { DEFAULT_LIMITS } from '../../src/engine/context.ts'
import { Backlog } from '../../src/engine/backlog.ts'
import { driveJob } from '../../src/engine/drive-job.ts'
import type { EngineEvents } from '../../src/engine/events.ts'
import { createTally } from '../../src/engine/tally.ts'
import { fly } from '../../src/engine/target/flight.ts'
import { openTestTarget, setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { joinedDrive } from '../support/internals.ts'
import { define } from '../support/performed.ts'
import { hits, queued } from '../support/queued.ts'
import { begin, claimed, raced, untilSomebodyWaits } from '../support/raced.ts'

it('several sub-batches of a job are on their way at once, and the job’s end has the exact counts', async () => {
  const bundle = await raced(100, [hitEvery({ batchSize: 100, subBatchSize: 5 })])
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id = 9 FOR UPDATE')
  const committed: unknown[] = []
  bundle.engine.on('sub_batch:committed', (event) => committed.push(event))
  const running = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle)
  expect(committed).toEqual([])
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished', rows: { scanned: 100, changed: 100, exact: true } })
  expect(committed).toHaveLength(20)
  expect(await bundle.query('SELECT changed, uncounted_sub_batches, counts_exact FROM tranche.job_progress')).toEqual([
    { changed: '100', uncounted_sub_batches: 0, counts_exact: true },
  ])
  expect(await bundle.query('SELECT metrics FROM tranche.batched_background_migration_jobs')).toMatchObject([
    { metrics: { affected_rows: { perform: Array(20).fill(5) } } },
  ])
})

it('a sub-batch that fails among others in the air: nothing behind it is committed, and it alone is run again', async () => {
  const definition = hitEvery({ batchSize: 100, subBatchSize: 5, raisesOnBad: true })
  const bundle = await queued(100, definition, [153])
  const ends: string[] = []
  bundle.engine.on('sub_batch:committed', ({ end }) => ends.push(end[0] ?? ''))

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })

  expect(ends).toEqual(Array.from({ length: 10 }, (_, index) => String(15 * (index + 1))))
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 50 },
    { hits: 1, count: 50 },
  ])
  expect(
    await bundle.query(
      'SELECT "cursor", scanned, changed, uncounted_sub_batches, counts_exact FROM tranche.job_progress',
    ),
  ).toEqual([{ cursor: ['150'], scanned: '50', changed: '50', uncounted_sub_batches: 0, counts_exact: true }])

  await bundle.query('UPDATE items SET bad = false')
  await bundle.engine.retry(bundle.migrationId)
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    rows: { scanned: 100, changed: 100, exact: true },
  })
})

it('one that fails only at COMMIT keeps those behind it from committing over it', async () => {
  const definition = hitEvery({ batchSize: 100, subBatchSize: 5 })
  const bundle = await setup({
    schema: `${hitsTable(100)};
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.bad THEN RAISE EXCEPTION 'refused at commit'; END IF;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE OF hits ON items DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse();
      UPDATE items SET bad = true WHERE id = 75`,
    definitions: [definition],
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })

  expect(await bundle.engine.run(migration.id)).toMatchObject({ reason: 'failed' })

  expect(await bundle.query('SELECT max(id) AS last, count(*)::int FROM items WHERE hits = 1')).toEqual([
    { last: '60', count: 20 },
  ])
  const { jobs } = await bundle.engine.failures(migration.id)
  expect(jobs[0]?.log.filter(({ nextStatus }) => nextStatus === 'failed')).toHaveLength(3)
})

it('a lock that one of them meets costs no attempt, whatever is in the air behind it', async () => {
  const bundle = await queued(100, hitEvery({ batchSize: 100, subBatchSize: 5 }))
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id = 60 FOR UPDATE')
  const repeated: EngineEvents['sub_batch:repeated'][] = []
  bundle.engine.on('sub_batch:repeated', (event) => {
    repeated.push(event)
    void blocker.query('ROLLBACK')
  })

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', rows: { changed: 100 } })

  expect(repeated).toMatchObject([{ sqlstate: '55P03', repetition: 1 }])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
  expect(await bundle.query('SELECT attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1 },
  ])
})

it('a stop takes effect within what is in the air, and what was sent is counted', async () => {
  const bundle = await queued(500, hitEvery({ batchSize: 500 }))
  const stop = new AbortController()
  let committed = 0
  bundle.engine.on('sub_batch:committed', () => {
    committed += 1
    if (committed === 7) stop.abort()
  })

  expect(await bundle.engine.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({ reason: 'aborted' })

  expect(committed).toBeLessThanOrEqual(7 + DEFAULT_LIMITS.subBatchesInAir)
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 500 - 10 * committed },
    { hits: 1, count: 10 * committed },
  ])
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    status: 'active',
    jobs: { pending: 1, running: 0 },
    rows: { scanned: 10 * committed, changed: 10 * committed, exact: true },
  })
})

it('a pause by somebody else takes effect at the next sub-batch that the server takes up', async () => {
  const bundle = await queued(500, hitEvery({ batchSize: 500 }))
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id = 90 FOR UPDATE')
  const running = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle)
  await bundle.another().pause(bundle.migrationId)
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'paused' })

  // the one that waited was let through before the pause; those behind it, sent long before it, were not
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 470 },
    { hits: 1, count: 30 },
  ])
  await bundle.engine.resume(bundle.migrationId)
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 500 }])
})

it('a takeover while sub-batches are in the air fences those that the server has not begun', async () => {
  // A lock goes to whom the server lets have it: now and then the runner is done before its successor gets a turn.
  let taken = await takenOverInTheAir()
  for (let again = 0; taken.end !== 'claim_lost' && again < 20; again += 1) taken = await takenOverInTheAir()

  expect(taken.end).toBe('claim_lost')
  const [progress] = await taken.bundle.query('SELECT scanned, changed, counts_exact FROM tranche.job_progress')
  // the counts of what was committed before the takeover went with the runner, and the row says so
  expect(progress).toMatchObject({ scanned: '100', counts_exact: false })
  expect(await taken.bundle.engine.get(taken.bundle.migrationId)).toMatchObject({
    rows: { scanned: 100, exact: false },
  })
})

/** A runner is taken over while its third sub-batch waits for a row and the next ones are already sent. */
async function takenOverInTheAir() {
  const bundle = await raced(100, [hitEvery({ batchSize: 100, subBatchSize: 5 })])
  const lost = bundle.context()
  const drive = await joinedDrive(lost, bundle.migrationId)
  const claim = await claimed(lost, drive)
  const tally = createTally(
    { migrationId: bundle.migrationId, totalTupleCount: 100, min: ['3'], max: ['300'], axis: null, scannedBefore: 0 },
    lost.clock,
    lost.emitter,
  )
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id = 33 FOR UPDATE')
  const driving = driveJob({ context: lost, drive, tally, reconnectMs: null }, claim)
  await untilSomebodyWaits(bundle)
  await bundle.query('DELETE FROM tranche.runners') // as when it was declared dead
  const successor = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle, 2) // the takeover waits for the progress row
  await blocker.query('COMMIT')
  const end = await driving

  expect(await successor).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 100 }])
  return { bundle, end }
}

it('a definition that is static for some sub-batches only is run in order, each sub-batch once', async () => {
  const definition = define(
    ({ subBatch, query }) => {
      calls += 1
      const statement = sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`
      if (calls % 4 > 0) return statement
      const asked: Promise<void> = query(statement).then(() => undefined)
      return asked
    },
    { batchSize: 60, subBatchSize: 5 },
  )
  let calls = 0
  const bundle = await setup({ schema: hitsTable(120), definitions: [definition] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Performed' })

  expect(await bundle.engine.run(migration.id)).toMatchObject({
    reason: 'finished',
    rows: { changed: 120, exact: true },
  })

  expect(calls).toBe(24)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 120 }])
})

it('what the author throws for one sub-batch is told after those before it have landed', async () => {
  const definition = define(
    ({ subBatch }) => {
      calls += 1
      if (calls === 5) throw new Error('not this one')
      return sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`
    },
    { batchSize: 60, subBatchSize: 5 },
  )
  let calls = 0
  const bundle = await setup({ schema: hitsTable(60), definitions: [definition] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Performed' })

  expect(await bundle.engine.run(migration.id)).toMatchObject({
    reason: 'finished',
    rows: { changed: 60, exact: true },
  })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 60 }])
})

it('flights of one connection are answered in order, and an aborted transaction lets nothing behind it through', async () => {
  const bundle = await setup({ schema: 'CREATE TABLE written (id integer)' })
  const target = openTestTarget(bundle.database)
  onTestFinished(() => target.close())
  const insert = (id: number): ReturnType<typeof sql> => sql`INSERT INTO written VALUES (${id} / (${id} % 3))`

  const settled = await target.withClient(async (client) => {
    const flights = [1, 2, 3, 4, 5].map((id) =>
      fly(client, [sql`BEGIN`, insert(id), sql`COMMIT`], 5_000, { isPrepared: true, isCountOnly: true }),
    )
    const all = await Promise.allSettled(flights)
    await fly(client, [sql`ROLLBACK`], 5_000)
    // prepared anew: nobody knows which names the server still reached
    await fly(client, [sql`BEGIN`, insert(7), sql`COMMIT`], 5_000, { isPrepared: true, isCountOnly: true })
    return all
  })

  expect(
    settled.map((one) => (one.status === 'fulfilled' ? 'committed' : (one.reason as { code: string }).code)),
  ).toEqual(['committed', 'committed', '22012', '25P02', '25P02'])
  expect(await bundle.query('SELECT id FROM written ORDER BY id')).toEqual([{ id: 1 }, { id: 1 }, { id: 7 }])
})

it('counts that were under way when the connection was lost are kept where they are known, else given up', () => {
  const known = new Backlog()
  known.ship(['10'], null)
  known.land(5)
  expect(known.ship(['20'], null)).toEqual({ changed: 5, uncounted: 1, isExact: true })
  known.resolve(['10'])
  expect(known).toMatchObject({ changed: 5, isExact: true, isSettled: false })

  const lost = new Backlog()
  lost.ship(['10'], null)
  lost.land(5)
  lost.ship(['20'], null)
  lost.ship(['30'], null)
  lost.resolve(['20'])
  expect(lost).toMatchObject({ changed: 0, isExact: false })
  expect(lost.ship(['30'], 4)).toEqual({ changed: 4, uncounted: 0, isExact: false })
})
