/** Each example of GitLab's guide, from an empty database to its verified and finalized end. */
import { expect, it, onTestFinished } from 'vitest'
import {
  cityOfPostcode,
  type PostcodeService,
  startPostcodeService,
} from '../../../../src/host/practice/postcode-service.ts'
import { practised, type Practised, type Ran } from '../../../support/practised.ts'

/** Verifies and finalizes it, and runs it again from the start: nothing may change then. */
async function proveAndRepeat({ engine, migrationId }: Ran, jobClassName: string): Promise<void> {
  expect(await engine.verify(migrationId)).toMatchObject({ holds: true, proven: 'checks' })
  await engine.requeue(migrationId, { pauseMs: 0 })
  const again = (await engine.list()).find((each) => each.jobClassName === jobClassName)
  expect(await engine.run(again?.id ?? '')).toMatchObject({ reason: 'finished', rows: { changed: 0 } })
  expect(await engine.finalize(again?.id ?? '')).toMatchObject({ migration: { status: 'finalized' } })
}

async function withService({ main }: Practised): Promise<PostcodeService> {
  const service = await startPostcodeService()
  onTestFinished(() => service.close())
  await main.query('UPDATE public.application_settings SET postcode_service_url = $1', [service.url])
  return service
}

it('splits a JSON column into columns', async () => {
  const practice = await practised()
  const ran = await practice.run('SplitIntegrationProperties')

  expect(ran.outcome).toMatchObject({ reason: 'finished', rows: { scanned: 200, changed: 200 } })
  const found = await practice.main.query<{ properties: Record<string, unknown> }>(
    'SELECT properties, url, push_events, timeout_seconds FROM public.integrations',
  )
  expect(found).toHaveLength(200)
  for (const { properties, ...columns } of found) {
    expect(columns).toEqual({
      url: properties.url,
      push_events: properties.push_events,
      timeout_seconds: properties.timeout === undefined ? null : Number(properties.timeout),
    })
  }
  await proveAndRepeat(ran, 'SplitIntegrationProperties')
})

it('splits one table into several', async () => {
  const practice = await practised()
  const ran = await practice.run('SplitEventsIntoTables')

  expect(ran.outcome).toMatchObject({ reason: 'finished', rows: { scanned: 200 } })
  const [counts] = await practice.main.query<Record<string, number>>(
    `SELECT count(push.event_id)::int AS push, count(comment.event_id)::int AS comment, count(membership.event_id)::int AS membership,
       count(*) FILTER (WHERE action = 'pushed')::int AS pushed, count(*) FILTER (WHERE action = 'commented')::int AS commented,
       count(*) FILTER (WHERE action IN ('joined', 'left'))::int AS moved
     FROM public.project_events
     LEFT JOIN public.push_events AS push ON push.event_id = project_events.id
     LEFT JOIN public.comment_events AS comment ON comment.event_id = project_events.id
     LEFT JOIN public.membership_events AS membership ON membership.event_id = project_events.id`,
  )
  expect(counts).toMatchObject({ push: counts?.pushed, comment: counts?.commented, membership: counts?.moved })
  expect(counts?.pushed).toBeGreaterThan(100)
  await proveAndRepeat(ran, 'SplitEventsIntoTables')
})

it('asks an external service, again where it is busy, and leaves alone what it does not know', async () => {
  const practice = await practised({ rows: 20_000 })
  const service = await withService(practice)
  const ran = await practice.run('LookUpCustomerCities')

  expect(ran.outcome).toMatchObject({ reason: 'finished', rows: { scanned: 200 } })
  expect(service.answered.get(503)).toBeGreaterThan(5)
  for (const { postcode, city } of await practice.main.query('SELECT postcode, city FROM public.customers'))
    expect(city).toBe(postcode === null ? null : cityOfPostcode(String(postcode)))
  expect((await ran.engine.verify(ran.migrationId)).exceptions).toMatchObject([
    { name: 'no postcode', count: 10 },
    { name: 'unknown postcode', count: 6 },
  ])
  await proveAndRepeat(ran, 'LookUpCustomerCities')
})

it('stops where the external service is down, and goes on when it is back', async () => {
  const practice = await practised({ rows: 20_000 })
  const service = await withService(practice)
  await service.close()
  const ran = await practice.run('LookUpCustomerCities')
  expect(ran.outcome).toMatchObject({ reason: 'failed', rows: { changed: 0 } })

  await withService(practice)
  await ran.engine.retry(ran.migrationId)
  expect(await ran.engine.run(ran.migrationId)).toMatchObject({ reason: 'finished', rows: { changed: 184 } })
  expect(await ran.engine.verify(ran.migrationId)).toMatchObject({ holds: true })
})

it('fills rows of one database from another one', async () => {
  const practice = await practised()
  const ran = await practice.run('BackfillBuildNamespaceId')

  expect(ran.outcome).toMatchObject({ reason: 'finished', rows: { scanned: 200, changed: 198 } })
  const projects = await practice.main.query<{ id: string; namespace_id: string }>(
    'SELECT id, namespace_id FROM public.projects',
  )
  const namespaceOf = new Map(projects.map(({ id, namespace_id: namespaceId }) => [id, namespaceId]))
  for (const build of await practice.ci.query<{ project_id: string; namespace_id: string | null }>(
    'SELECT project_id, namespace_id FROM public.ci_builds',
  ))
    expect(build.namespace_id).toBe(namespaceOf.get(build.project_id) ?? null)
  expect(await practice.main.query('SELECT FROM tranche.batched_background_migrations')).toEqual([])
  await proveAndRepeat(ran, 'BackfillBuildNamespaceId')
})

it('walks over the distinct values of a column that is not unique', async () => {
  const practice = await practised({ rows: 60_000 })
  const ran = await practice.run('BatchProjectsWithIssues')

  const [{ projects, issues } = { projects: 0, issues: 0 }] = await practice.main.query<{
    projects: number
    issues: number
  }>('SELECT count(DISTINCT project_id)::int AS projects, count(*)::int AS issues FROM public.issues')
  expect(projects).toBeGreaterThan(5000)
  expect(issues).toBe(15_000)
  expect(ran.outcome).toMatchObject({ reason: 'finished', jobsRun: 2, rows: { scanned: projects, changed: projects } })
  expect(
    await practice.main.query(
      'SELECT batch_size, sub_batch_size FROM tranche.batched_background_migration_jobs GROUP BY 1, 2',
    ),
  ).toEqual([{ batch_size: 5000, sub_batch_size: 500 }])
  await proveAndRepeat(ran, 'BatchProjectsWithIssues')
})

it('visits exactly one row in ten where the filter is part of the batching', async () => {
  const practice = await practised({ rows: 20_000 })
  const before = await practice.main.query(
    'SELECT id, repository_storage IS NULL AS is_empty, xmin::text FROM public.projects ORDER BY id',
  )
  const ran = await practice.run('BackfillProjectsRepositoryStorage')

  expect(before).toHaveLength(10_000)
  expect(ran.outcome).toMatchObject({ reason: 'finished', jobsRun: 1, rows: { scanned: 1000, changed: 1000 } })
  const after = await practice.main.query('SELECT id, xmin::text FROM public.projects ORDER BY id')
  const written = after.filter(({ xmin }, i) => xmin !== before[i]?.xmin).map(({ id }) => id as string)
  expect(written).toEqual(before.filter((row) => row.is_empty === true).map(({ id }) => id as string))
  await ran.engine.verify(ran.migrationId)
  expect(await ran.engine.finalize(ran.migrationId)).toMatchObject({ migration: { status: 'finalized' } })
})

it('fills new routes by a trigger, which goes when the migration is finalized', async () => {
  const practice = await practised({ rows: 400 })
  const { engine } = practice.host.main
  const { migration } = await engine.queue({ jobClassName: 'BackfillRouteNamespaceId', pauseMs: 0 })
  const create = (path: string): Promise<unknown> =>
    practice.main.query(
      `INSERT INTO public.routes (source_type, source_id, path) SELECT $1, id, $1 FROM public.namespaces ORDER BY id LIMIT 1`,
      [path],
    )
  await create('during')
  await engine.run(migration.id)

  expect(await engine.finalize(migration.id)).toMatchObject({ migration: { status: 'finalized' } })
  await create('afterwards')
  expect(
    await practice.main.query(
      `SELECT path, namespace_id = source_id AS is_filled FROM public.routes WHERE path IN ('during', 'afterwards') ORDER BY id`,
    ),
  ).toEqual([
    { path: 'during', is_filled: true },
    { path: 'afterwards', is_filled: null },
  ])
  expect(await practice.main.query(`SELECT to_regproc('public.routes_set_namespace_id') AS it`)).toEqual([{ it: null }])
})
