/** BackfillWorkspaceAgentkStates, from an empty database to its verified end, with the pool's threads. */
import { expect, it } from 'vitest'
import { desiredConfigOf } from '../../resources/practice/_workspaces/desired-config.ts'
import type { Workspace } from '../../resources/practice/_workspaces/workspace.ts'
import type { Bundle } from '../support/engine-setup.ts'
import { practiceTables } from '../support/practice-tables.ts'
import { SEED_DEVFILE as WHOLE } from './workspaces/workspace-of.ts'

const JOB_CLASS = 'BackfillWorkspaceAgentkStates'
const STATES = `SELECT workspace_id AS id, project_id, desired_config FROM remote_development.workspace_agentk_states ORDER BY workspace_id`

interface State {
  readonly id: string
  readonly project_id: string
  readonly desired_config: readonly Record<string, unknown>[]
}

const statesOf = ({ query }: Bundle): Promise<State[]> => query<State & Record<string, unknown>>(STATES)

/** What the definition reads, read by the test itself. */
async function workspacesOf({ query }: Bundle): Promise<Workspace[]> {
  return query<Workspace & Record<string, unknown>>(
    `SELECT w.*, to_jsonb(c.*) AS config
       FROM remote_development.workspaces AS w
       JOIN remote_development.workspaces_agent_configs AS c USING (cluster_agent_id)
      ORDER BY w.id`,
  )
}

it('takes made data from queue to finalized; a second run changes nothing', async () => {
  const practice = await practiceTables('50-workspaces', 20_000)
  const { engine, query } = practice
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })

  // 200 workspaces: two have an impossible name, one a devfile that is too large.
  expect(await engine.run(migration.id)).toMatchObject({
    reason: 'finished',
    rows: { scanned: 200, changed: 197, unresolved: 3, quarantined: 0 },
  })
  const verification = await engine.verify(migration.id)
  expect(verification.checks.filter(({ holds }) => !holds)).toEqual([])
  expect(verification.exceptions.map(({ name, count }) => [name, count])).toEqual([
    ['no valid name', 2],
    ['larger than 64 KB', 1],
  ])
  const states = await statesOf(practice)
  const stored = new Map(states.map(({ id, desired_config: config }) => [id, config]))
  const workspaces = await workspacesOf(practice)
  const valid = workspaces.filter(({ id, name }) => name.startsWith('workspace-') && id !== workspaces[36]?.id)
  expect(valid.map(({ id }) => stored.get(id))).toEqual(valid.map((workspace) => desiredConfigOf(workspace)))

  await query(`UPDATE remote_development.workspace_agentk_states SET updated_at = '2000-01-01'`)
  const again = await engine.queue({ jobClassName: JOB_CLASS, jobArguments: [false], pauseMs: 0 })
  expect(await engine.run(again.migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 0 } })
  expect(await statesOf(practice)).toEqual(states)
  expect(
    await query(`SELECT FROM remote_development.workspace_agentk_states WHERE updated_at > '2000-01-01'`),
  ).toHaveLength(0)
  expect(await engine.finalize(migration.id)).toMatchObject({ alreadyFinalized: false })
})

it('makes a state for workspaces that run and for those that are terminated, and overwrites what was there', async () => {
  const practice = await practiceTables('50-workspaces')
  const { engine, query } = practice
  await seedWorkspaces(practice, [
    { id: 1, state: 'Terminated' },
    { id: 2, state: 'Running' },
  ])
  await query(
    `INSERT INTO remote_development.workspace_agentk_states (workspace_id, project_id, desired_config) VALUES (2, 60, '["old"]')`,
  )
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })
  await engine.run(migration.id)

  const states = await statesOf(practice)
  expect(states.map(({ id, project_id: projectId }) => [id, projectId])).toEqual([
    ['1', '60'],
    ['2', '60'],
  ])
  expect(states.map(({ desired_config: [, deployment] }) => deployment?.spec)).toMatchObject([
    { replicas: 0 },
    { replicas: 1 },
  ])
  expect((await engine.verify(migration.id)).holds).toBe(true)
})

it('terminates a workspace whose config cannot be generated, with an error document, and goes on', async () => {
  const practice = await practiceTables('50-workspaces')
  const { engine, query } = practice
  await seedWorkspaces(practice, [
    { id: 1, state: 'Running', devfile: 'components: [' },
    { id: 2, state: 'Running' },
    { id: 3, state: 'Stopped', devfile: 'schemaVersion: 2.2.0' },
  ])
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })

  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 1, quarantined: 2 } })
  expect(await query('SELECT id, desired_state, actual_state FROM remote_development.workspaces ORDER BY id')).toEqual([
    { id: '1', desired_state: 'Terminated', actual_state: 'Terminated' },
    { id: '2', desired_state: 'Running', actual_state: 'Running' },
    { id: '3', desired_state: 'Terminated', actual_state: 'Terminated' },
  ])
  const [first, second, third] = await statesOf(practice)
  const document = (errorMessage: string): unknown => [
    {
      message: 'The desired config could not be generated',
      error_message: expect.stringContaining(errorMessage) as string,
      backtrace: expect.arrayContaining([expect.stringContaining('_workspaces/devfile.ts')]) as string[],
    },
  ]
  expect(first?.desired_config).toEqual(document('DevfileError: is no YAML: line 2, unexpected end of the stream'))
  expect(second?.desired_config).toHaveLength(10)
  expect(third?.desired_config).toEqual(document('DevfileError: '))
  const { checks } = await engine.verify(migration.id)
  expect(checks.filter(({ name }) => name.includes('error document')).map(({ holds }) => holds)).toEqual([true, true])
})

it('leaves a workspace alone for which something invalid comes out, says so in the log, and counts it', async () => {
  const practice = await practiceTables('50-workspaces')
  const { engine, query, heard } = practice
  await seedWorkspaces(practice, [{ id: 1, state: 'Running', name: 'Workspace_1' }])
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })

  expect(await engine.run(migration.id)).toMatchObject({ rows: { changed: 0, unresolved: 1, quarantined: 0 } })
  expect(await query('SELECT desired_state, actual_state FROM remote_development.workspaces')).toEqual([
    { desired_state: 'Running', actual_state: 'Running' },
  ])
  expect(await statesOf(practice)).toEqual([])
  expect(heard.filter(({ name }) => name === 'definition:log').map(({ event }) => event)).toEqual([
    expect.objectContaining({
      level: 'error',
      message: expect.stringMatching(/^workspace 1: the generated desired config is invalid: ./) as string,
    }),
  ])
})

it('writes nothing in a dry run, and tells what would become of each workspace', async () => {
  const practice = await practiceTables('50-workspaces')
  const { engine, query, heard } = practice
  await seedWorkspaces(practice, [
    { id: 1, state: 'Running', devfile: 'components: [' },
    { id: 2, state: 'Running', name: 'Workspace_2' },
    { id: 3, state: 'Running' },
  ])
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, jobArguments: [true], pauseMs: 0 })

  expect(await engine.run(migration.id)).toMatchObject({ rows: { changed: 0, unresolved: 2, quarantined: 0 } })
  expect(await statesOf(practice)).toEqual([])
  expect(await query(`SELECT FROM remote_development.workspaces WHERE actual_state <> 'Running'`)).toEqual([])
  expect(heard.filter(({ name }) => name === 'definition:log')).toHaveLength(2)
})

it('writes neither for a workspace that was changed after it was read, nor terminates one', async () => {
  let isFirst = true
  const practice: Bundle = await practiceTables('50-workspaces', undefined, async () => {
    if (!isFirst) return
    isFirst = false
    await practice.query(`UPDATE remote_development.workspaces SET desired_state = 'Stopped' WHERE id IN (1, 3)`)
  })
  const { engine, query } = practice
  await seedWorkspaces(practice, [
    { id: 1, state: 'Running' },
    { id: 2, state: 'Running' },
    { id: 3, state: 'Running', devfile: 'components: [' },
  ])
  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })

  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 1, quarantined: 1 } })
  expect((await statesOf(practice)).map(({ id }) => id)).toEqual(['2'])
  expect(await query('SELECT actual_state FROM remote_development.workspaces WHERE id = 3')).toEqual([
    { actual_state: 'Running' },
  ])
  // Until the requeue it is told by verify.
  const { checks } = await engine.verify(migration.id)
  expect(checks.find(({ name }) => name.startsWith('every workspace without'))).toMatchObject({
    holds: false,
    rows: [{ id: '1' }, { id: '3' }],
  })
  const again = await engine.requeue(migration.id)
  await engine.run(again.migration.id)
  expect((await statesOf(practice)).map(({ id }) => id)).toEqual(['1', '2', '3'])
})

it('lets no devfile, whatever it holds, stand in the way of the workspaces beside it', async () => {
  const practice = await practiceTables('50-workspaces')
  const { engine, query } = practice
  const value = (text: string): string => WHOLE.replace("value: '60001'", `value: ${text}`)
  const aliases = Array.from({ length: 2_700 }, () => '      - *a\n').join('')
  await seedWorkspaces(practice, [
    { id: 1, state: 'Running', devfile: value('"a\\0b"') },
    { id: 2, state: 'Running', devfile: value('"a\\uD800b"') },
    {
      id: 3,
      state: 'Running',
      devfile: `schemaVersion: 2.2.0\ncomponents:\n  - name: a\n    container:\n      image: a\n      args:\n      - &a "${'x'.repeat(200_000)}"\n${aliases}`,
    },
    { id: 4, state: 'Running', devfile: WHOLE.replace('metadata: {}', 'metadata: &m [*m, *m]') },
    { id: 5, state: 'Running' },
  ])
  const { migration: dry } = await engine.queue({ jobClassName: JOB_CLASS, jobArguments: [true], pauseMs: 0 })
  expect(await engine.run(dry.id)).toMatchObject({ reason: 'finished', rows: { unresolved: 4, quarantined: 0 } })
  expect(await query(`SELECT FROM remote_development.workspaces WHERE actual_state <> 'Running'`)).toEqual([])

  const { migration } = await engine.queue({ jobClassName: JOB_CLASS, pauseMs: 0 })
  expect(await engine.run(migration.id)).toMatchObject({
    reason: 'finished',
    rows: { changed: 1, unresolved: 3, quarantined: 1 },
  })
  expect((await statesOf(practice)).map(({ id }) => id)).toEqual(['4', '5'])
})

it('is not queued where a workspace could get two states', async () => {
  const { engine, query } = await practiceTables('50-workspaces')
  await query(
    'ALTER TABLE remote_development.workspace_agentk_states DROP CONSTRAINT workspace_agentk_states_workspace_id_key',
  )

  await expect(engine.queue({ jobClassName: JOB_CLASS })).rejects.toMatchObject({ code: 'precondition_failed' })
})

interface Seeded {
  readonly id: number
  readonly state: string
  readonly name?: string
  readonly devfile?: string
}

/** Workspaces of one agent; the devfile of each that names none is whole. */
async function seedWorkspaces({ query }: Bundle, workspaces: readonly Seeded[]): Promise<void> {
  await query(
    `INSERT INTO remote_development.cluster_agents (id, project_id, name) VALUES (1, 60, 'agent');
     INSERT INTO remote_development.workspaces_agent_configs (cluster_agent_id, dns_zone) VALUES (1, 'workspaces.example.com')`,
  )
  for (const { id, state, name = `workspace-${id}`, devfile = WHOLE } of workspaces) {
    await query(
      `INSERT INTO remote_development.workspaces
         (id, user_id, project_id, cluster_agent_id, name, namespace, desired_state, actual_state, processed_devfile)
       VALUES ($1, 60, 60, 1, $2, 'gl-rd-ns', $3, $3, $4)`,
      [id, name, state, devfile],
    )
  }
}
