import { practice, run, test } from 'tranche/testing'
import definition from './backfill-workspace-agentk-states.ts'

const DEVFILE = `
schemaVersion: 2.2.0
components:
- name: tooling
  attributes:
    gl/inject-editor: true
  container:
    image: registry.example.com/ubuntu:22.04
    endpoints:
    - name: http
      targetPort: 3000
    volumeMounts:
    - name: data
      path: /projects
- name: data
  volume:
    size: 1Gi
`

test('freezes the config of every workspace, and terminates one whose devfile cannot be read', async () => {
  const database = await practice({ files: ['_data/50-workspaces/schema.sql'] })
  await database.insert('remote_development.cluster_agents', { id: 7, project_id: 70, name: 'agent' })
  await database.insert('remote_development.workspaces_agent_configs', { cluster_agent_id: 7, dns_zone: 'example.com' })
  const common = { user_id: 1, project_id: 60, cluster_agent_id: 7, namespace: 'ns', actual_state: 'Running' }
  await database.insert(
    'remote_development.workspaces',
    { ...common, id: 1, name: 'runs', desired_state: 'Running', processed_devfile: DEVFILE },
    { ...common, id: 5, name: 'stopped', desired_state: 'Stopped', processed_devfile: DEVFILE },
    { ...common, id: 6, name: 'broken', desired_state: 'Running', processed_devfile: 'components: [' },
    { ...common, id: 9, name: 'Impossible Name', desired_state: 'Running', processed_devfile: DEVFILE },
  )

  // An error document is written anew each time.
  const { rows } = await run(database, definition, { ignore: ['updated_at'], quarantined: 1 })

  if (rows.changed !== 2 || rows.quarantined !== 1 || rows.unresolved !== 1) throw new Error(JSON.stringify(rows))
  await database.expect(
    `SELECT w.id, w.desired_state, state.desired_config -> 1 -> 'spec' ->> 'replicas' AS replicas,
       state.desired_config -> 0 ->> 'message' AS error
     FROM remote_development.workspaces AS w
     LEFT JOIN remote_development.workspace_agentk_states AS state ON state.workspace_id = w.id
     ORDER BY w.id`,
    [
      { id: '1', desired_state: 'Running', replicas: '1', error: null },
      { id: '5', desired_state: 'Stopped', replicas: '0', error: null },
      {
        id: '6',
        desired_state: 'Terminated',
        replicas: null,
        error: 'The desired config could not be generated',
      },
      { id: '9', desired_state: 'Running', replicas: null, error: null },
    ],
  )
})
