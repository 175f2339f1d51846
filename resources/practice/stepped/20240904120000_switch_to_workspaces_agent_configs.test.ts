import { practice, type PracticeDatabase, run, test } from 'tranche/testing'
import definition from './20240904120000_switch_to_workspaces_agent_configs.ts'

const files = ['_data/40-agent-configs/schema.sql']
const COPY = 'copy_rows_to_workspaces_agent_configs'
const times = { created_at: '2024-01-01T00:00:00Z', updated_at: '2024-06-01T00:00:00Z' }

/** Three configs; the agent of the last one is gone, and the second one's project is out of date. */
async function configs(): Promise<PracticeDatabase> {
  const database = await practice({ files })
  await database.insert(
    'cluster_agents',
    { id: 1, project_id: 10, name: 'one' },
    { id: 2, project_id: 20, name: 'two' },
  )
  const config = { ...times, enabled: true, dns_zone: 'w.example.com' }
  await database.insert(
    'remote_development_agent_configs',
    { ...config, id: 5, cluster_agent_id: 1 },
    { ...config, id: 8, cluster_agent_id: 2, project_id: 99, workspaces_quota: 20 },
    { ...config, id: 9, cluster_agent_id: 3 },
  )
  return database
}

/** What the copy found and did. */
async function switchOn(database: PracticeDatabase): Promise<Readonly<Record<string, unknown>>> {
  const { operations } = await run(database, definition)
  const found = operations[COPY]
  if (found === undefined) throw new Error(`no ${COPY} among ${Object.keys(operations).join(', ')}`)
  return found
}

test('copies each config that has an agent, with the agent’s project', async () => {
  const database = await configs()
  const { rows, withoutPartner } = await switchOn(database)
  if (rows !== 2 || withoutPartner !== 1) throw new Error(`copied ${String(rows)}, without ${String(withoutPartner)}`)
  await database.expect(
    'SELECT cluster_agent_id, project_id, workspaces_quota FROM workspaces_agent_configs ORDER BY cluster_agent_id',
    [
      { cluster_agent_id: '1', project_id: '10', workspaces_quota: '-1' },
      { cluster_agent_id: '2', project_id: '20', workspaces_quota: '20' },
    ],
  )
  await database.expect(
    `SELECT attname::text AS must_be_there FROM pg_attribute
      WHERE attrelid = 'workspaces_agent_configs'::regclass AND attnum > 0 AND attnotnull`,
    [{ must_be_there: 'id' }],
  )
  await database.expect("SELECT FROM pg_trigger WHERE tgrelid = 'workspaces_agent_configs'::regclass", [])
})

test('takes over what was written to the old table meanwhile, and keeps what is newer in the new one', async () => {
  const database = await configs()
  await switchOn(database)
  await database.query(`
    UPDATE remote_development_agent_configs SET dns_zone = 'new.example.com', updated_at = '2024-07-01' WHERE id = 5;
    UPDATE workspaces_agent_configs SET dns_zone = 'kept.example.com', updated_at = '2024-08-01' WHERE cluster_agent_id = 2`)
  const { rows, rowsKept } = await switchOn(database)
  if (rows !== 2 || rowsKept !== 1) throw new Error(`copied ${String(rows)}, kept ${String(rowsKept)}`)
  await database.expect('SELECT dns_zone FROM workspaces_agent_configs ORDER BY cluster_agent_id', [
    { dns_zone: 'new.example.com' },
    { dns_zone: 'kept.example.com' },
  ])
})

test('has nothing to do where the old table is gone', async () => {
  const database = await practice({ files })
  await database.query('DROP TABLE remote_development_agent_configs')
  const { status } = await run(database, definition)
  if (status !== 'skipped') throw new Error(`it is ${status}`)
})
