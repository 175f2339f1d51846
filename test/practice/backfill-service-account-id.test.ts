/** BackfillServiceAccountIdOnDuoWorkflowsWorkflows: each outcome that its specification names, and the seed's three steps. */
import { expect, it } from 'vitest'
import type { Bundle } from '../support/engine-setup.ts'
import { practiceTables } from '../support/practice-tables.ts'

const JOB_CLASS = 'BackfillServiceAccountIdOnDuoWorkflowsWorkflows'

// Root 1 ⊃ subgroup 2 ⊃ project 1. Item 1: custom, with an account at the root. Item 2: foundational, likewise. Item 3: its
// consumer has no account. Item 4: no consumer.
const PLACES = `
  INSERT INTO public.organizations (id, name) VALUES (1, 'o');
  INSERT INTO public.users (id, username, user_type)
  VALUES (1, 'ada', 0), (11, 'sa-custom', 13), (12, 'sa-flow', 13), (13, 'sa-chosen', 13), (14, 'sa-subgroup', 13);
  INSERT INTO public.namespaces (id, type, parent_id, name, path, traversal_ids)
  VALUES (1, 'Group', NULL, 'root', 'root', '{1}'), (2, 'Group', 1, 'sub', 'sub', '{1,2}'),
         (3, 'Project', 2, 'p', 'p', '{1,2,3}');
  INSERT INTO public.projects (id, namespace_id, project_namespace_id, name, path) VALUES (1, 2, 3, 'p', 'p');
  INSERT INTO public.ai_catalog_items (id, organization_id, name, foundational_flow_reference)
  VALUES (1, 1, 'custom', NULL), (2, 1, 'flow', 'fix_pipeline/v1'), (3, 1, 'without account', 'chat/v1'), (4, 1, 'unused', NULL);
  INSERT INTO public.ai_catalog_item_versions (id, ai_catalog_item_id, version)
  VALUES (1, 1, '1.0.0'), (3, 3, '1.0.0'), (4, 4, '1.0.0');
  INSERT INTO public.ai_catalog_item_consumers (id, ai_catalog_item_id, group_id, service_account_id)
  VALUES (1, 1, 1, 11), (2, 2, 1, 12), (3, 3, 1, NULL), (4, 1, 2, 14)`

const IMAGE_BEFORE = `
  INSERT INTO public.duo_workflows_workflows_before (id, service_account_id, fingerprint)
  SELECT id, service_account_id, hash_record_extended(ROW(user_id, project_id, namespace_id, ai_catalog_item_version_id,
    workflow_definition, goal, status, created_at, updated_at), 0)
  FROM public.duo_workflows_workflows`

interface Workflow {
  readonly id?: number
  readonly project?: number
  readonly namespace?: number
  readonly version?: number
  readonly definition?: string
  readonly account?: number
}

async function workflows(...given: readonly Workflow[]): Promise<Bundle> {
  const bundle = await practiceTables(['10-namespaces', '20-duo-workflows'])
  await bundle.query(PLACES)
  for (const { id = 1, project, namespace, version, definition = 'software_development', account } of given) {
    await bundle.query(
      `INSERT INTO public.duo_workflows_workflows
         (id, user_id, project_id, namespace_id, ai_catalog_item_version_id, workflow_definition, service_account_id, goal)
       VALUES ($1, 1, $2, $3, $4, $5, $6, 'backfill test')`,
      [id, project ?? null, namespace ?? null, version ?? null, definition, account ?? null],
    )
  }
  await bundle.query(IMAGE_BEFORE)
  return bundle
}

async function accounts({ query }: Bundle): Promise<unknown[]> {
  const rows = await query<{ account: string | null }>(
    'SELECT service_account_id AS account FROM public.duo_workflows_workflows ORDER BY id',
  )
  return rows.map(({ account }) => account)
}

/** As in the seed's second step. */
const PACE = { jobClassName: JOB_CLASS, subBatchSize: 100, pauseMs: 0 }

it.each<[string, Workflow, string | null]>([
  ['without a version is filled by its flow reference', { namespace: 1, definition: 'fix_pipeline/v1' }, '12'],
  ['with neither version nor flow reference stays without', { namespace: 1 }, null],
  ['that has an account keeps it', { namespace: 1, version: 1, account: 13 }, '13'],
  ['of a root group is filled', { namespace: 1, version: 1 }, '11'],
  ['of a subgroup is filled from its root, not from the subgroup', { namespace: 2, version: 1 }, '11'],
  ['of a project is filled from the root of its namespace', { project: 1, version: 1 }, '11'],
  ['whose consumer has no account stays without', { namespace: 1, version: 3 }, null],
  [
    'whose version has no consumer does not fall through to its flow',
    { namespace: 1, version: 4, definition: 'fix_pipeline/v1' },
    null,
  ],
])('a workflow %s', async (_, workflow, expected) => {
  const bundle = await workflows(workflow)
  const { migration } = await bundle.engine.queue(PACE)

  const isChanged = expected !== null && workflow.account === undefined
  expect(await bundle.engine.run(migration.id)).toMatchObject({
    reason: 'finished',
    rows: { scanned: 1, changed: isChanged ? 1 : 0 },
  })
  expect(await accounts(bundle)).toEqual([expected])
})

it('no other column changes, rows that cannot be resolved are not written, and a second run changes nothing', async () => {
  const bundle = await practiceTables(['10-namespaces', '20-duo-workflows'], 2_000)
  const { engine, query } = bundle
  const rest = `SELECT to_jsonb(w) - 'service_account_id' AS row FROM public.duo_workflows_workflows AS w ORDER BY id`
  const unresolvable = `SELECT id, xmin::text, ctid::text FROM public.duo_workflows_workflows WHERE service_account_id IS NULL ORDER BY id`
  const before = await query(rest)
  const places = await query<{ id: string }>(unresolvable)
  const { migration } = await engine.queue(PACE)
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { scanned: 2_000 } })

  expect(await query(rest)).toEqual(before)
  const left = await query<{ id: string }>(unresolvable)
  const ids = new Set(left.map(({ id }) => id))
  expect(left).toEqual(places.filter(({ id }) => ids.has(id)))
  expect(left.length).toBeGreaterThan(0)
  expect(left.length).toBeLessThan(places.length)

  const filled = await accounts(bundle)
  const written = `SELECT id, xmin::text FROM public.duo_workflows_workflows ORDER BY id`
  const versions = await query(written)
  const { migration: again } = await engine.requeue(migration.id)
  expect(await engine.run(again.id)).toMatchObject({ reason: 'finished', rows: { scanned: 2_000, changed: 0 } })
  expect(await accounts(bundle)).toEqual(filled)
  expect(await query(written)).toEqual(versions)
})

it('the seed’s three steps: verify tells got and expected of a wrong row, and how many were missed', async () => {
  const bundle = await workflows({ id: 1, project: 1, version: 1 }, { id: 2, namespace: 1, version: 1 })
  const { engine, query } = bundle
  const { migration } = await engine.queue(PACE)
  await engine.run(migration.id)
  expect(await accounts(bundle)).toEqual(['11', '11'])
  const proof = await engine.verify(migration.id)
  expect(proof.holds).toBe(true)
  const of = (name: string) => proof.checks.find((check) => check.name === name)
  expect(of('a sample of workflows got the expected account')?.rows).toEqual([
    { id: '1', got: '11', expected: '11' },
    { id: '2', got: '11', expected: '11' },
  ])
  expect(of('no workflow with a version was missed')).toMatchObject({ expected: '0', found: '0' })

  await query('UPDATE public.duo_workflows_workflows SET service_account_id = NULL WHERE id = 1')
  await query('UPDATE public.duo_workflows_workflows SET service_account_id = 13 WHERE id = 2')
  const { checks, holds } = await engine.verify(migration.id)
  const shown = (name: string): string => JSON.stringify(checks.find((check) => check.name === name))
  expect(holds).toBe(false)
  expect(shown('a sample of workflows got the expected account')).toContain('got=nothing expected=11')
  expect(shown('a sample of workflows got the expected account')).toContain('got=13 expected=11')
  expect(checks.find(({ name }) => name === 'no workflow with a version was missed')).toMatchObject({
    holds: false,
    found: '1',
    expected: '0',
  })
})

it('another account that was there before is kept and declared; one that came meanwhile is not', async () => {
  const { engine, query } = await workflows(
    { id: 1, namespace: 1, version: 1, account: 13 },
    { id: 2, namespace: 1, version: 1 },
  )
  const { migration } = await engine.queue(PACE)
  await engine.run(migration.id)

  const proof = await engine.verify(migration.id)
  expect(proof.holds).toBe(true)
  expect(proof.exceptions.find(({ name }) => name === 'had another account before')).toMatchObject({
    count: 1,
    rows: [{ id: '1', got: '13', expected: '11' }],
  })

  await query('UPDATE public.duo_workflows_workflows SET service_account_id = 13 WHERE id = 2')
  const { checks, exceptions } = await engine.verify(migration.id)
  expect(checks.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual([
    'a sample of workflows got the expected account',
    'no workflow has another account than expected',
  ])
  expect(exceptions.find(({ name }) => name === 'had another account before')).toMatchObject({ count: 1 })
})

it('is not queued before part 1 of the plan added the column', async () => {
  const { engine, query } = await workflows({ namespace: 1, version: 1 })
  await query('ALTER TABLE public.duo_workflows_workflows DROP COLUMN service_account_id')

  await expect(engine.queue(PACE)).rejects.toMatchObject({
    code: 'precondition_failed',
    message: expect.stringContaining(
      'expected no row, found 1 row: duo_workflows_workflows has no column service_account_id',
    ) as string,
    details: { failing: [{ check: expect.stringContaining('part 1') as string }] },
  })
})

it('is not queued before part 3 of the plan lets new workflows bring their account along', async () => {
  const { engine, query } = await workflows()
  await query(
    `INSERT INTO public.duo_workflows_workflows (id, user_id, namespace_id) SELECT i, 1, 1 FROM generate_series(1, 1000) AS i`,
  )
  await expect(engine.queue(PACE)).rejects.toMatchObject({
    code: 'precondition_failed',
    message: expect.stringContaining('part 3 is there: new workflows bring their account along') as string,
  })

  await query('UPDATE public.duo_workflows_workflows SET service_account_id = 11 WHERE id = 1000')
  expect(await engine.queue(PACE)).toMatchObject({ duplicate: false })
})
