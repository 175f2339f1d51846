/** What SQL itself says, over a connection that has nothing to do with the engine's. */
import pg from 'pg'
import type { TargetParameters } from '../../engine/target/parameters.ts'

export interface SqlCount {
  readonly label: string
  readonly statement: string
}

export interface Counted extends SqlCount {
  readonly count: number
}

/**
 * The rows of each practice table, and how many of them are filled. The difference of the second is what a run changed. In the
 * order of the tour: what takes long comes first.
 */
export const TOUR_COUNTS: Readonly<Record<string, { readonly all: SqlCount; readonly filled: SqlCount }>> = {
  BackfillServiceAccountIdOnDuoWorkflowsWorkflows: {
    all: { label: 'workflows', statement: 'SELECT count(*) FROM duo_workflows_workflows' },
    filled: {
      label: 'workflows with a service account',
      statement: 'SELECT count(*) FROM duo_workflows_workflows WHERE service_account_id IS NOT NULL',
    },
  },
  BackfillRouteNamespaceId: {
    all: { label: 'routes', statement: 'SELECT count(*) FROM routes' },
    filled: {
      label: 'routes with a namespace',
      statement: 'SELECT count(*) FROM routes WHERE namespace_id IS NOT NULL',
    },
  },
  BackfillWorkspaceAgentkStates: {
    all: { label: 'workspaces', statement: 'SELECT count(*) FROM remote_development.workspaces' },
    // Some have a state without any object, from an earlier try.
    filled: {
      label: 'workspaces with a desired config',
      statement:
        'SELECT count(*) FROM remote_development.workspace_agentk_states WHERE jsonb_array_length(desired_config) > 0',
    },
  },
  SplitIntegrationProperties: {
    all: { label: 'integrations', statement: 'SELECT count(*) FROM integrations' },
    filled: {
      label: 'integrations with a URL',
      statement: 'SELECT count(*) FROM integrations WHERE url IS NOT NULL',
    },
  },
  SplitEventsIntoTables: {
    all: { label: 'events', statement: 'SELECT count(*) FROM project_events' },
    filled: {
      label: 'events in the table of their kind',
      statement:
        'SELECT (SELECT count(*) FROM push_events) + (SELECT count(*) FROM comment_events) + (SELECT count(*) FROM membership_events) AS count',
    },
  },
  LookUpCustomerCities: {
    all: { label: 'customers', statement: 'SELECT count(*) FROM customers' },
    filled: { label: 'customers with a city', statement: 'SELECT count(*) FROM customers WHERE city IS NOT NULL' },
  },
  BackfillBuildNamespaceId: {
    all: { label: 'builds', statement: 'SELECT count(*) FROM ci_builds' },
    filled: {
      label: 'builds with a namespace',
      statement: 'SELECT count(*) FROM ci_builds WHERE namespace_id IS NOT NULL',
    },
  },
  BatchProjectsWithIssues: {
    all: { label: 'projects with issues', statement: 'SELECT count(DISTINCT project_id) AS count FROM issues' },
    filled: { label: 'projects whose issues are counted', statement: 'SELECT count(*) FROM project_issue_counts' },
  },
  BackfillProjectsRepositoryStorage: {
    all: { label: 'projects', statement: 'SELECT count(*) FROM projects' },
    filled: {
      label: 'projects with a repository storage',
      statement: 'SELECT count(*) FROM projects WHERE repository_storage IS NOT NULL',
    },
  },
}

export interface SecondConnection {
  count(count: SqlCount): Promise<Counted>
  close(): Promise<void>
}

export async function openSecondConnection(parameters: TargetParameters): Promise<SecondConnection> {
  const { host, port, user, database, tls } = parameters
  const password = (await parameters.password()) ?? ''
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    password,
    ssl: tls,
    application_name: 'tranche tour: counting',
  })
  client.on('error', () => undefined) // the statement that was running reports it
  await client.connect()
  return {
    async count(count) {
      const { rows } = await client.query<{ count: string }>(count.statement)
      return { ...count, count: Number(rows[0]?.count) }
    },
    close: () => client.end(),
  }
}
