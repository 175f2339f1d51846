import { copyRows, createTableLike, defineSteppedMigration, sql } from 'tranche'

/** A rename without a view: the new table is filled while the old one stays, and is dropped a release later. */
export default defineSteppedMigration({
  version: '20240904120000',
  milestone: '17.4',
  description:
    'Creates workspaces_agent_configs like remote_development_agent_configs, without its trigger and NOT NULLs, and copies all rows, with project_id taken from cluster_agents. Configs whose agent is gone are not copied.',
  skip: async ({ query }) => {
    const { rows } = await query(sql`SELECT to_regclass('remote_development_agent_configs') IS NULL AS is_gone`)
    return rows[0]?.is_gone === true
  },
  operations: [
    createTableLike('workspaces_agent_configs', { like: 'remote_development_agent_configs', nullable: true }),
    copyRows({
      from: 'remote_development_agent_configs',
      to: 'workspaces_agent_configs',
      join: { table: 'cluster_agents', equals: 'cluster_agent_id' },
      // Ids are given anew; everything else but project_id comes from the old row.
      columns: [
        'created_at',
        'updated_at',
        'cluster_agent_id',
        'enabled',
        'network_policy_enabled',
        'workspaces_quota',
        'workspaces_per_user_quota',
        'cluster_agents.project_id',
        'default_max_hours_before_termination',
        'max_hours_before_termination_limit',
        'dns_zone',
        'gitlab_workspaces_proxy_namespace',
        'network_policy_egress',
        'default_resources_per_workspace_container',
        'max_resources_per_workspace',
      ],
      onConflict: { columns: ['cluster_agent_id'] },
      // The application may write the new table already.
      newerBy: 'updated_at',
    }),
  ],
})
