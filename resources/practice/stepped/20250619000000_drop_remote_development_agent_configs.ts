import { check, defineSteppedMigration, dropTable, sql } from 'tranche'

export default defineSteppedMigration({
  version: '20250619000000',
  milestone: '18.2',
  description:
    'Drops remote_development_agent_configs, once an operator approved it and no config is missing or out of date.',
  skip: async ({ query }) => {
    const { rows } = await query(sql`SELECT to_regclass('remote_development_agent_configs') IS NULL AS is_gone`)
    return rows[0]?.is_gone === true
  },
  operations: [
    dropTable('remote_development_agent_configs', {
      why: 'its rows are in workspaces_agent_configs',
      before: [
        check.none(
          'every config with an agent is in workspaces_agent_configs',
          sql`SELECT old.id, old.cluster_agent_id
                FROM remote_development_agent_configs AS old
                JOIN cluster_agents AS agent ON agent.id = old.cluster_agent_id
               WHERE NOT EXISTS (SELECT FROM workspaces_agent_configs AS new
                                  WHERE new.cluster_agent_id = old.cluster_agent_id)`,
        ),
        check.none(
          'no config was written after it was copied',
          sql`SELECT old.id, old.cluster_agent_id, old.updated_at, new.updated_at AS copied_as_of
                FROM remote_development_agent_configs AS old
                JOIN workspaces_agent_configs AS new ON new.cluster_agent_id = old.cluster_agent_id
               WHERE old.updated_at > new.updated_at`,
        ),
      ],
    }),
  ],
})
