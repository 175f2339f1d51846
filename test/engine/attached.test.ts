/** A schema that GitLab made: looked at, paused, resumed and retried by its own rules, and otherwise left alone. */
import { describe, expect, it } from 'vitest'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { GITLAB_SCHEMA } from '../support/gitlab-schema.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'

const STATUSES = ['paused', 'active', 'finished', 'failed', 'finalizing', 'finalized', 'failed']
const IDS = {
  paused: '1',
  active: '2',
  finished: '3',
  failed: '4',
  finalizing: '5',
  finalized: '6',
  cursor: '7',
} as const

async function attached(): Promise<Bundle> {
  return setup({
    isInstalled: false,
    schema: `${hitsTable(5)}; ${GITLAB_SCHEMA}`,
    definitions: [hitEvery()],
    ports: { trackingSchema: 'public' },
  })
}

const TABLES = ['migrations', 'migration_jobs', 'migration_job_transition_logs'].map(
  (each) => `batched_background_${each}`,
)

/** Every row of every table, and every relation that there is. */
async function everything({ query }: Bundle): Promise<unknown> {
  const relations = await query(
    `SELECT n.nspname, c.relname, c.relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname !~ '^pg_|information_schema' ORDER BY 1, 2`,
  )
  const rows = []
  for (const table of TABLES) rows.push(await query(`SELECT to_jsonb(t) AS row FROM public.${table} AS t ORDER BY id`))
  return { relations, rows }
}

const jobsOf = ({ query }: Bundle, migrationId: string): Promise<Record<string, unknown>[]> =>
  query(
    `SELECT min_value AS min, max_value AS max, batch_size AS batch, sub_batch_size AS sub, status, attempts, metrics,
            started_at IS NULL AS is_cleared
       FROM public.batched_background_migration_jobs WHERE batched_background_migration_id = $1 ORDER BY min_value`,
    [migrationId],
  )

describe('looking', () => {
  it('lists and inspects migrations in every status, and writes nothing', async () => {
    const bundle = await attached()
    const { engine } = bundle
    const before = await everything(bundle)

    expect((await engine.list()).map(({ status }) => status)).toEqual(STATUSES)
    expect(await engine.get('Backfill1')).toMatchObject({
      id: IDS.active,
      tableName: 'routes',
      minValue: '1',
      maxValue: '1000',
      jobs: { succeeded: 1, retriable: 1, blocked: 1, running: 1, pending: 1 },
      // GitLab knows the nominal size of what succeeded, and what its metrics say was changed.
      rows: { scanned: 200, changed: 35, exact: false },
      progress: { percentByKey: 20, percentByRows: 20 },
      runners: [],
      definitionHash: null,
      isAttached: true,
    })
    expect((await engine.health(IDS.active)).map(({ indicator }) => indicator)).toContain('autovacuum')
    expect(await engine.get(IDS.cursor)).toMatchObject({ minCursor: ['1'], progress: { percentByKey: null } })
    const { groups, jobs } = await engine.failures(IDS.failed)
    expect(groups).toMatchObject([{ exceptionClass: 'ActiveRecord::QueryCanceled', jobCount: 2 }])
    expect(jobs.map(({ isBlocked }) => isBlocked).sort()).toEqual([false, true])
    expect(await engine.job(IDS.failed, jobs[0]?.job.id ?? '')).toMatchObject({ job: { status: 'failed' } })
    expect(await engine.jobs(IDS.active, { after: '0', limit: 10 })).toHaveLength(5)
    expect(await engine.wait(IDS.finished, {})).toMatchObject({ status: 'finished' })
    expect(await engine.archived()).toEqual([])
    expect({ isInstalled: await engine.isInstalled(), hasTracking: await engine.hasTracking() }).toEqual({
      isInstalled: false,
      hasTracking: true,
    })
    expect(await everything(bundle)).toEqual(before)
  })
})

it('reads tables from before GitLab had cursors, and refuses those from before anything that it needs', async () => {
  const bundle = await attached()
  const { engine, query } = bundle
  await query('DELETE FROM public.batched_background_migrations WHERE min_value IS NULL')
  for (const table of ['migrations', 'migration_jobs'])
    await query(`ALTER TABLE public.batched_background_${table} DROP min_cursor CASCADE, DROP max_cursor CASCADE`)
  await query(
    'ALTER TABLE public.batched_background_migrations DROP on_hold_until, DROP gitlab_schema CASCADE, DROP max_batch_size',
  )
  const states = await engine.list()
  expect(states.map(({ status }) => status)).toEqual(STATUSES.slice(0, -1))
  expect(states[1]).toMatchObject({ id: IDS.active, database: 'main', minCursor: null, rows: { scanned: 200 } })
  expect((await engine.failures(IDS.failed)).jobs).toHaveLength(2)
  expect(await engine.jobs(IDS.active, { after: '0', limit: 10 })).toHaveLength(5)
  expect(await engine.retry(IDS.failed)).toMatchObject({ retried: 2, migration: { status: 'active' } })
  expect(await engine.pause(IDS.active)).toMatchObject({ status: 'paused' })

  await query('ALTER TABLE public.batched_background_migrations DROP finished_at')
  expect(await engine.get(IDS.finished)).toMatchObject({ status: 'finished', finishedAt: null })
  await expect(engine.resume(IDS.paused)).rejects.toMatchObject({ code: 'target_too_old' })
  await query('ALTER TABLE public.batched_background_migrations DROP pause_ms')
  await expect(engine.list()).rejects.toMatchObject({ code: 'target_too_old', details: { missing: ['pause_ms'] } })
})

it('tells of a table that is not in this database what can be told', async () => {
  const { engine, query } = await attached()
  await query('DROP TABLE routes')
  expect(await engine.health(IDS.active)).toContainEqual(
    expect.objectContaining({ indicator: 'autovacuum', signal: 'not_available' }),
  )
})

const ACTIONS = [
  ['pause', ['paused', 'active']],
  ['resume', ['paused', 'active']],
  ['retry', ['failed', 'cursor']],
] as const

describe('acting', () => {
  it.each(ACTIONS)(
    '%s goes from exactly %j, and is refused with both names from everything else',
    async (verb, allowed) => {
      const bundle = await attached()
      for (const [name, id] of Object.entries(IDS)) {
        const before = await everything(bundle)
        const outcome = await bundle.engine[verb](id).catch((error: unknown) => error)
        if ((allowed as readonly string[]).includes(name)) {
          const status = verb === 'pause' ? 'paused' : 'active'
          expect(outcome).toMatchObject(verb === 'retry' ? { migration: { status } } : { status })
        } else {
          expect(outcome).toMatchObject({
            code: 'illegal_transition',
            details: { to: verb === 'pause' ? 'paused' : 'active' },
          })
          expect(await everything(bundle)).toEqual(before)
        }
      }
    },
  )

  it('retry halves each failed job whatever it failed of, as GitLab does, and touches no other', async () => {
    const bundle = await attached()
    const before = await jobsOf(bundle, IDS.failed)
    const others = await jobsOf(bundle, IDS.active)

    expect(await bundle.engine.retry(IDS.failed)).toMatchObject({ retried: 2, migration: { status: 'active' } })

    const halved = { batch: 100, sub: 20, status: 2, attempts: 0, metrics: {}, is_cleared: true }
    expect(await jobsOf(bundle, IDS.failed)).toEqual([
      before[0],
      { min: '201', max: '300', ...halved },
      { min: '301', max: '400', ...halved },
      { min: '401', max: '500', ...halved },
      { min: '501', max: '600', ...halved },
      before[3],
      before[4],
    ])
    expect(await jobsOf(bundle, IDS.active)).toEqual(others)
    const [row] = await bundle.query<{ started: boolean }>(
      `SELECT started_at > now() - interval '1 hour' AS started FROM public.batched_background_migrations WHERE id = 4`,
    )
    expect(row?.started).toBe(true)
  })

  it('retry of a job whose rows are gone, of a table that is gone, and over cursors gives the attempts back', async () => {
    const bundle = await attached()
    await bundle.query('DELETE FROM routes WHERE id BETWEEN 240 AND 400')
    await bundle.engine.retry(IDS.failed)
    expect((await jobsOf(bundle, IDS.failed)).slice(1, 3)).toMatchObject([
      { min: '201', max: '400', batch: 100, attempts: 0, status: 2 },
      { min: '401', max: '500', batch: 100, attempts: 0 },
    ])
    expect(await bundle.engine.retry(IDS.cursor)).toMatchObject({ retried: 1, migration: { status: 'active' } })
    expect(await jobsOf(bundle, IDS.cursor)).toMatchObject([{ batch: 200, attempts: 0, status: 2 }])
    await bundle.query('UPDATE public.batched_background_migrations SET status = 4; DROP TABLE routes')
    expect(await bundle.engine.retry(IDS.active)).toMatchObject({ retried: 2 })
  })

  it('retry takes one job, and never leaves a size as it is', async () => {
    const bundle = await attached()
    const { jobs } = await bundle.engine.failures(IDS.failed)
    expect(await bundle.engine.retry(IDS.failed, { jobId: jobs[0]?.job.id ?? '' })).toMatchObject({ retried: 1 })
    await expect(bundle.engine.retry(IDS.cursor, { size: 'same' })).rejects.toMatchObject({ code: 'invalid_arguments' })
    await expect(bundle.engine.retry('99')).rejects.toMatchObject({ code: 'unknown_migration' })
    await expect(bundle.engine.pause('x')).rejects.toMatchObject({ code: 'unknown_migration' })
  })
})

it('refuses everything else with the reason, and writes nothing', async () => {
  const bundle = await attached()
  const { engine } = bundle
  const before = await everything(bundle)
  const actions: Record<string, () => Promise<unknown>> = {
    install: () => engine.install(),
    uninstall: () => engine.uninstall(),
    queue: () => engine.queue({ jobClassName: 'HitEvery' }),
    run: () => engine.run(IDS.active),
    work: () => engine.work({ once: true }),
    set: () => engine.set(IDS.active, { pauseMs: 200 }),
    split: () => engine.split(IDS.failed, '17'),
    verify: () => engine.verify(IDS.finished),
    finalize: () => engine.finalize(IDS.active),
    requeue: () => engine.requeue(IDS.failed),
    delete: () => engine.delete(IDS.failed),
    report: () => engine.report(IDS.finished),
    events: () => engine.events(IDS.active),
  }
  for (const [verb, action] of Object.entries(actions)) {
    const refused = await action().catch((error: unknown) => error)
    expect({ verb, refused }).toMatchObject({
      verb,
      refused: {
        code: 'schema_attached',
        message: expect.stringContaining("holds GitLab's own tracking tables") as string,
      },
    })
  }
  expect(await everything(bundle)).toEqual(before)
})
