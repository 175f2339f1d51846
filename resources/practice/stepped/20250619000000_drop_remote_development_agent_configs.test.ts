import { practice, type PracticeDatabase, run, test } from 'tranche/testing'
import definition from './20250619000000_drop_remote_development_agent_configs.ts'
import switchTable from './20240904120000_switch_to_workspaces_agent_configs.ts'

/** One config, copied. */
async function switched(): Promise<PracticeDatabase> {
  const database = await practice({ files: ['_data/40-agent-configs/schema.sql'] })
  await database.query(`
    INSERT INTO cluster_agents (id, project_id, name) VALUES (1, 10, 'one');
    INSERT INTO remote_development_agent_configs (id, created_at, updated_at, cluster_agent_id, enabled, dns_zone)
    VALUES (5, '2024-01-01', '2024-06-01', 1, true, 'w.example.com')`)
  await run(database, switchTable)
  return database
}

const IS_THERE = "SELECT to_regclass('remote_development_agent_configs') IS NOT NULL AS is_there"

test('waits for somebody who agrees', async () => {
  const database = await switched()
  const { status, skippedBecause } = await run(database, definition)
  if (status !== 'skipped' || skippedBecause?.includes('waits for an approval') !== true)
    throw new Error(`${status}: ${String(skippedBecause)}`)
  await database.expect(IS_THERE, [{ is_there: true }])
})

test('drops the old table once it was approved', async () => {
  const database = await switched()
  await run(database, definition, { approve: true })
  await database.expect(IS_THERE, [{ is_there: false }])
})

test('does not drop what the new table lacks', async () => {
  for (const [lack, said] of [
    ['UPDATE workspaces_agent_configs SET cluster_agent_id = 2', 'every config with an agent'],
    ["UPDATE remote_development_agent_configs SET updated_at = '2025-01-01'", 'written after it was copied'],
  ] as const) {
    const database = await switched()
    await database.query(lack)
    const message = await run(database, definition, { approve: true }).then(
      () => 'it completed',
      (error: unknown) => String(error),
    )
    if (!message.includes(said)) throw new Error(message)
    await database.expect(IS_THERE, [{ is_there: true }])
  }
})
