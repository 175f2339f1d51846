import { describe, expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { loadedOf } from '../support/engine-ports.ts'
import { define, finished, HIT, hits, performed, queued } from '../support/performed.ts'
import { registerFinalizer } from '../support/register-finalizer.ts'
import { untilSomebodyWaits } from '../support/raced.ts'

const COUNT_ALL = `SELECT (SELECT count(*)::int FROM tranche.batched_background_migrations) AS migrations,
                          (SELECT count(*)::int FROM tranche.batched_background_migration_jobs) AS jobs,
                          (SELECT count(*)::int FROM tranche.batched_background_migration_job_transition_logs) AS logs,
                          (SELECT count(*)::int FROM tranche.job_progress) AS progress`

/** A migration one of whose three jobs is being driven, until it is told to go on. */
async function driven() {
  let goOn: () => void = () => undefined
  let reached: () => void = () => undefined
  const isDriven = new Promise<void>((resolve) => (reached = resolve))
  const told = new Promise<void>((resolve) => (goOn = resolve))
  const bundle = await performed(
    define(async ({ query, subBatch }) => {
      await query(HIT(subBatch))
      // Its first query was behind the guard, which holds the job's progress row.
      reached()
      await told
    }),
  )
  const running = bundle.engine.run(bundle.migrationId)
  await isDriven
  return { ...bundle, running, goOn }
}

describe('delete', () => {
  it('takes jobs and logs with it, and keeps all of them in the archive', async () => {
    const { engine, migrationId, query, heard } = await finished()
    const jobIds = (
      await query<{ id: string }>('SELECT id FROM tranche.batched_background_migration_jobs ORDER BY id')
    ).map(({ id }) => id)

    const archived = await engine.delete(migrationId)

    expect(archived).toMatchObject({
      id: migrationId,
      reason: 'deleted',
      jobClassName: 'Performed',
      tableName: 'public.items',
      status: 'finished',
      jobs: 3,
      succeededJobs: 3,
      rowsScanned: 12,
      rowsChanged: 12,
      requeuedAs: null,
    })
    expect(await engine.archived('Performed')).toEqual([archived])
    expect(await query(COUNT_ALL)).toEqual([{ migrations: 0, jobs: 0, logs: 0, progress: 0 }])
    expect(
      await query(
        `SELECT job->>'id' AS id, job->'progress'->>'changed' AS changed FROM tranche.archive, jsonb_array_elements(jobs) AS job ORDER BY 1`,
      ),
    ).toEqual(jobIds.map((id) => ({ id, changed: '4' })))
    expect(
      await query(
        `SELECT count(*)::int, max(log->>'next_status') AS last FROM tranche.archive, jsonb_array_elements(transition_logs) AS log`,
      ),
    ).toEqual([{ count: 6, last: '3' }])
    expect((await engine.events(migrationId)).at(-1)).toMatchObject({ kind: 'delete', details: { from: 'finished' } })
    await expect(engine.get(migrationId)).rejects.toMatchObject({ code: 'unknown_migration' })
    expect(heard.at(-1)).toEqual({
      name: 'migration:removed',
      event: { migrationId, reason: 'deleted', requeuedAs: null },
    })
  })

  it('leaves failures and report readable as they were', async () => {
    const { engine, migrationId, query } = await finished()
    await engine.verify(migrationId)
    await query(
      `INSERT INTO tranche.batched_background_migration_job_transition_logs
         (batched_background_migration_job_id, previous_status, next_status, exception_class, exception_message)
       SELECT id, 1, 2, 'E', 'odd' FROM tranche.batched_background_migration_jobs WHERE min_value = 15`,
    )
    const before = { failures: await engine.failures(migrationId), report: await engine.report(migrationId) }

    const archived = await engine.delete(migrationId)

    const { events, generatedAt, ...report } = await engine.report(migrationId)
    const { events: _events, generatedAt: _generatedAt, ...reported } = before.report
    expect(await engine.failures(migrationId)).toEqual(before.failures)
    expect(before.failures.jobs).toHaveLength(1)
    expect(report).toEqual({ ...reported, archived })
    expect([events.at(-1)?.kind, typeof generatedAt]).toEqual(['delete', 'string'])
  })

  it('archives more jobs than one row of the archive holds', async () => {
    const { engine, migrationId, query } = await queued()
    await query(
      `INSERT INTO tranche.batched_background_migration_jobs (batched_background_migration_id, min_value, max_value, batch_size, sub_batch_size, status)
       SELECT $1, n, n, 1, 1, 3 FROM generate_series(1, 2500) AS n`,
      [migrationId],
    )
    expect(await engine.delete(migrationId)).toMatchObject({ jobs: 2500, succeededJobs: 2500 })
    expect(
      await query(
        `SELECT sum(jsonb_array_length(jobs))::int AS jobs, max(jsonb_array_length(jobs)) AS most FROM tranche.archive`,
      ),
    ).toEqual([{ jobs: 2500, most: 1000 }])
  })

  it.each<'delete' | 'requeue'>(['delete', 'requeue'])(
    '%s is refused while a live runner drives it, and changes nothing',
    async (verb) => {
      const { engine, migrationId, running, goOn, another } = await driven()
      await expect(another()[verb](migrationId)).rejects.toMatchObject({
        code: 'already_running',
        remedy: expect.stringContaining(`tranche pause ${migrationId}`) as string,
      })
      goOn()
      expect(await running).toMatchObject({ reason: 'finished' })
      expect(await engine.archived()).toEqual([])
    },
  )

  it('fences a runner that is dead: what wakes up afterwards writes nothing more', async () => {
    const bundle = await driven()
    const { engine, another, migrationId, running, goOn, query } = bundle
    await query(`UPDATE tranche.runners SET heartbeat_at = clock_timestamp() - interval '1 hour'`)
    await query(`CREATE OR REPLACE FUNCTION tranche.is_live(heartbeat timestamptz) RETURNS boolean LANGUAGE sql STABLE
                 AS $$ SELECT heartbeat > clock_timestamp() - interval '30 seconds' $$`)
    const deleting = another().delete(migrationId)
    await untilSomebodyWaits(bundle)
    goOn()
    const ended = running.catch((error: unknown) => error)
    // A sub-batch more may get in before the one that waits; what the archive says is what was committed.
    const { rowsChanged } = await deleting
    expect(await ended).toMatchObject({ code: 'unknown_migration' })
    expect(rowsChanged).toBeGreaterThan(0)
    expect(await query('SELECT sum(hits)::int AS hits, max(hits) AS most FROM items')).toEqual([
      { hits: rowsChanged, most: 1 },
    ])
    expect(await engine.archived()).toHaveLength(1)
    expect(await query(COUNT_ALL)).toEqual([{ migrations: 0, jobs: 0, logs: 0, progress: 0 }])
  })

  it('answers for one that never was', async () => {
    const { engine } = await queued()
    await expect(engine.delete('999')).rejects.toMatchObject({ code: 'unknown_migration' })
    await expect(engine.delete('x')).rejects.toMatchObject({ code: 'unknown_migration' })
  })
})

describe('requeue', () => {
  it('archives the old rows and starts over under a new id, whatever was done before', async () => {
    const bundle = await queued()
    const { engine, migrationId } = bundle
    await engine.run(migrationId, { maxJobs: 1 })

    const { archived, migration } = await engine.requeue(migrationId)
    await engine.run(migration.id)

    expect(archived).toMatchObject({ reason: 'requeued', status: 'active', jobs: 1, requeuedAs: migration.id })
    expect(migration).toMatchObject({ status: 'active', minValue: '3', maxValue: '36' })
    expect(migration.id).not.toBe(migrationId)
    expect(await hits(bundle)).toEqual([2, 2, 2, 2, ...new Array<number>(8).fill(1)])
    expect((await engine.events(migrationId)).at(-1)).toMatchObject({
      kind: 'requeue',
      details: { from: 'active', requeuedAs: migration.id },
    })
    expect((await engine.events(migration.id)).map(({ kind }) => kind).slice(0, 2)).toEqual(['queue', 'requeued_from'])
    expect(await engine.list()).toHaveLength(1)
  })

  it.each(['paused', 'failed', 'finished'] as const)('is the way on from %s', async (status) => {
    const { engine, migrationId, query } = await queued()
    await query('UPDATE tranche.batched_background_migrations SET status = $1', [
      { paused: 0, failed: 4, finished: 3 }[status],
    ])
    const { migration } = await engine.requeue(migrationId)
    expect(migration.status).toBe(status === 'paused' ? 'paused' : 'active')
  })

  it.each([
    ['finalizing', 5],
    ['finalized', 6],
  ])('is refused from %s', async (status, code) => {
    const { engine, migrationId, query } = await queued()
    await query('UPDATE tranche.batched_background_migrations SET status = $1', [code])
    if (status === 'finalizing') await registerFinalizer(query, migrationId)
    await expect(engine.requeue(migrationId)).rejects.toMatchObject({
      code: 'illegal_transition',
      message: `migration ${migrationId} is ${status}; it cannot be requeued`,
    })
    expect(await engine.archived()).toEqual([])
  })

  it('repeats what was asked for, takes the rest from the definition, and lets both be changed', async () => {
    const bundle = await queued()
    const { engine, another } = bundle
    await engine.delete(bundle.migrationId)
    const asked = { batchSize: 5, min: '6', max: '30' }
    const { migration } = await engine.queue({ jobClassName: 'Performed', ...asked })
    const definition = define(({ subBatch }) => HIT(subBatch), { batchSize: 9, subBatchSize: 3, pauseMs: 7 })
    const edited = another({ definitions: { find: () => loadedOf(definition, 'edited'), list: () => [] } })

    const first = await edited.requeue(migration.id)
    expect(first.migration).toMatchObject({
      ...{ batchSize: 5, minValue: '6', maxValue: '30' },
      subBatchSize: 3,
      pauseMs: 7,
    })

    const second = await edited.requeue(first.migration.id, { batchSize: 6, max: '24', isPaused: true })
    expect(second.migration).toMatchObject({ batchSize: 6, minValue: '6', maxValue: '24', status: 'paused' })
  })

  it('leads out of a definition that changed since it was queued', async () => {
    const bundle = await queued()
    const { migrationId, another } = bundle
    const edited = define(({ subBatch }) => sql`UPDATE items SET hits = hits + 10 WHERE ${subBatch}`)
    const changed = another({ definitions: { find: () => loadedOf(edited, 'edited'), list: () => [] } })
    await expect(changed.run(migrationId)).rejects.toMatchObject({
      code: 'definition_drift',
      remedy: expect.stringContaining(`tranche requeue ${migrationId}`) as string,
    })

    const { migration } = await changed.requeue(migrationId)

    expect(await changed.run(migration.id)).toMatchObject({ reason: 'finished' })
    expect(await changed.finalize(migration.id)).toMatchObject({ migration: { status: 'finalized' } })
    expect(await hits(bundle)).toEqual(new Array<number>(12).fill(10))
  })

  it('keeps the old rows where queueing is refused', async () => {
    const { engine, migrationId, query } = await queued()
    await query('DROP TABLE items')
    await expect(engine.requeue(migrationId)).rejects.toMatchObject({ code: 'table_missing' })
    expect(await engine.get(migrationId)).toMatchObject({ id: migrationId, status: 'active' })
    expect(await engine.archived()).toEqual([])
  })

  it('happens once when two people press it at the same moment', async () => {
    const { engine, migrationId, another } = await queued()
    const outcomes = await Promise.allSettled([another(), another()].map((each) => each.requeue(migrationId)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await engine.list()).toHaveLength(1)
    expect(await engine.archived()).toHaveLength(1)
  })
})
