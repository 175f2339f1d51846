/** The practice catalogue's stepped migrations, from an empty database to their verified end. */
import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openCatalogue } from '../../../src/catalogue/loader.ts'
import { PRACTICE_CATALOGUE } from '../../../src/host/practice/open-practice.ts'
import { type Bundle, setup } from '../../support/engine-setup.ts'

const SWITCH = '20240904120000'
const CREATE = '20250123143913'
const DROP = '20250619000000'
const DATA = `${PRACTICE_CATALOGUE}/_data/40-agent-configs`

/** `rows` agent configs, made by the generator. */
async function practised(rows: number): Promise<Bundle> {
  const catalogue = await openCatalogue(PRACTICE_CATALOGUE)
  onTestFinished(() => {
    catalogue.close()
  })
  const bundle = await setup({
    schema: await readFile(`${DATA}/schema.sql`, 'utf8'),
    ports: { definitions: catalogue },
  })
  const generator = await readFile(`${DATA}/rows.sql`, 'utf8')
  await bundle.query(`BEGIN; SELECT set_config('practice.rows', '${String(rows * 10)}', true); ${generator}; COMMIT`)
  await bundle.engine.stepped.connect({ name: 'practice', vectorStorage: 'real' })
  return bundle
}

async function resultOfCopy({ engine }: Bundle): Promise<Readonly<Record<string, unknown>>> {
  const { migrations } = await engine.stepped.list()
  const copy = migrations
    .find(({ version }) => version === SWITCH)
    ?.operations.find(({ key }) => key.startsWith('copy'))
  return copy?.result ?? {}
}

/** Old rows with an agent that are not in the new table as they should be, counted without the code under test. */
async function differences({ query }: Bundle): Promise<unknown> {
  const [row] = await query(
    `SELECT count(*)::int AS count FROM (
       SELECT o.created_at, o.updated_at, o.cluster_agent_id, o.enabled, o.dns_zone, o.network_policy_egress, o.workspaces_quota, a.project_id
         FROM public.remote_development_agent_configs AS o JOIN public.cluster_agents AS a ON a.id = o.cluster_agent_id
       EXCEPT
       SELECT created_at, updated_at, cluster_agent_id, enabled, dns_zone, network_policy_egress, workspaces_quota, project_id
         FROM public.workspaces_agent_configs) AS different`,
  )
  return row?.count
}

test('the table switch copies few rows in one statement, reports those without an agent, and repeats nothing', async () => {
  const bundle = await practised(500)
  const { engine, query } = bundle
  const turns = await engine.stepped.work({ toEnd: true })
  expect(turns.map(({ reason, version }) => [reason, version])).toEqual([
    ['completed', SWITCH],
    ['completed', CREATE],
    ['skipped', DROP],
    ['idle', null],
  ])
  const first = await resultOfCopy(bundle)
  expect(first).toMatchObject({
    copiedBy: 'one statement',
    ...{ rows: 490, passes: 1, rowsCopiedAgain: 0, rowsKept: 0, withoutPartner: 10, notFromSource: 0 },
  })
  expect(first.withoutPartnerRows).toHaveLength(10)
  expect(await differences(bundle)).toBe(0)
  expect(
    await query(
      `SELECT attname FROM pg_attribute WHERE attrelid = 'public.workspaces_agent_configs'::regclass AND attnum > 0 AND attnotnull`,
    ),
  ).toEqual([{ attname: 'id' }])
  expect(
    await query(`SELECT tgname FROM pg_trigger WHERE tgrelid = 'public.workspaces_agent_configs'::regclass`),
  ).toEqual([])

  await engine.stepped.reset(SWITCH)
  await engine.stepped.work({ toEnd: true })
  expect(await resultOfCopy(bundle)).toEqual(first)
  expect(await query('SELECT count(*)::int FROM public.workspaces_agent_configs')).toEqual([{ count: 490 }])
})

test('many rows are copied by a batched migration of the same definition', async () => {
  const bundle = await practised(12_000)
  const [turn] = await bundle.engine.stepped.work({ once: true })
  expect(turn).toMatchObject({ reason: 'completed', version: SWITCH })
  expect(await resultOfCopy(bundle)).toMatchObject({
    copiedBy: 'batched migration 1',
    rows: 11_760,
    withoutPartner: 240,
  })
  expect(await differences(bundle)).toBe(0)
  const [migration] = await bundle.engine.list()
  expect(migration).toMatchObject({
    jobClassName: `CopyRows::V${SWITCH}::workspaces_agent_configs`,
    status: 'finished',
  })
  expect((await bundle.engine.report('1')).description).toContain(`for the stepped migration ${SWITCH}`)
  expect(await bundle.engine.verify('1')).toMatchObject({
    holds: true,
    exceptions: [{ name: 'without_partner', count: 240 }],
  })
})

test('a paused copy is partial, and goes on when it is resumed', async () => {
  const bundle = await practised(12_000)
  const { engine } = bundle
  await engine.queue({ jobClassName: `CopyRows::V${SWITCH}::workspaces_agent_configs` })
  await engine.pause('1')
  const waits: number[] = []
  const onTurn = (_turn: unknown, waitMs: number): void => void waits.push(waitMs)
  expect(await engine.stepped.work({ once: true, onTurn })).toMatchObject([{ reason: 'partial', version: SWITCH }])
  expect(waits).toEqual([30_000])
  await engine.resume('1')
  expect(await engine.stepped.work({ once: true })).toMatchObject([{ reason: 'completed', version: SWITCH }])
  expect(await differences(bundle)).toBe(0)
})

test('rows written during the copy are found by the comparison and copied again; newer ones in the new table stay', async () => {
  const bundle = await practised(12_000)
  const { engine, query } = bundle
  await engine.queue({ jobClassName: `CopyRows::V${SWITCH}::workspaces_agent_configs` })
  await query(
    'CREATE TABLE public.workspaces_agent_configs (LIKE public.remote_development_agent_configs INCLUDING ALL)',
  )
  await engine.run('1')
  // Behind the copy: changed, new and newer in the new table.
  await query(`UPDATE public.remote_development_agent_configs SET dns_zone = 'changed.example.com' WHERE id % 1000 = 1`)
  await query(`INSERT INTO public.cluster_agents (id, project_id, name) VALUES (900000, 7, 'late')`)
  await query(
    `INSERT INTO public.remote_development_agent_configs (created_at, updated_at, cluster_agent_id, enabled, dns_zone)
     VALUES (now(), now(), 900000, true, 'late.example.com')`,
  )
  await query(
    `UPDATE public.workspaces_agent_configs SET dns_zone = 'newer.example.com', updated_at = now() WHERE cluster_agent_id = 102`,
  )
  expect(await engine.stepped.work({ once: true })).toMatchObject([{ reason: 'completed', version: SWITCH }])
  expect(await resultOfCopy(bundle)).toMatchObject({ rows: 11_761, passes: 1, rowsCopiedAgain: 13, rowsKept: 1 })
  expect(
    await query(
      `SELECT dns_zone FROM public.workspaces_agent_configs WHERE cluster_agent_id IN (102, 900000) ORDER BY 1`,
    ),
  ).toEqual([{ dns_zone: 'late.example.com' }, { dns_zone: 'newer.example.com' }])
  expect(await differences(bundle)).toBe(1)
})

test('the old table goes only after an approval, and the new one stands by itself', async () => {
  const bundle = await practised(100)
  const { engine, query } = bundle
  await engine.stepped.work({ toEnd: true })
  expect((await engine.stepped.list()).migrations.at(-1)).toMatchObject({ status: 'skipped', version: DROP })
  await query(`DELETE FROM public.workspaces_agent_configs WHERE cluster_agent_id = 101`)
  await engine.stepped.approve(DROP)
  expect(await engine.stepped.work({ once: true })).toMatchObject([{ reason: 'tried' }])
  await engine.stepped.reset(SWITCH)
  await engine.stepped.work({ once: true })
  expect(await engine.stepped.work({ once: true })).toMatchObject([{ reason: 'completed', version: DROP }])
  await query(`INSERT INTO public.workspaces_agent_configs (cluster_agent_id) VALUES (900000)`)
  expect(await query(`SELECT to_regclass('public.remote_development_agent_configs') AS old`)).toEqual([{ old: null }])
})
