import { check, defineBatchedMigration, eachRow, sql, type TransformContext, unresolved, values, z } from 'tranche'
import { deepSort } from './_workspaces/deep-sort.ts'
import { desiredConfigOf } from './_workspaces/desired-config.ts'
import type { KubernetesObject } from './_workspaces/kubernetes-object.ts'
import { storable } from './_workspaces/storable.ts'
import { problemsOf } from './_workspaces/validate.ts'
import type { Workspace } from './_workspaces/workspace.ts'

interface State {
  readonly workspace_id: string
  readonly project_id: string
  readonly desired_config: readonly KubernetesObject[]
}

/** As it was read; `fingerprint` is that of everything that decides what comes out. */
type Source = Workspace & { readonly fingerprint: string }

// LEFT JOIN: a workspace whose agent has no configuration is not passed over, it fails like any other.
const tables = sql`
  remote_development.workspaces AS w
  LEFT JOIN remote_development.workspaces_agent_configs AS config ON config.cluster_agent_id = w.cluster_agent_id`
const fingerprint = sql`hashtextextended(
  concat_ws(' ', w.name, w.namespace, w.desired_state, w.processed_devfile, to_jsonb(config)::text), 0)`
const workspaces = sql`
  SELECT w.id, w.project_id, w.cluster_agent_id, w.name, w.namespace, w.desired_state, w.processed_devfile,
    to_jsonb(config) AS config, ${fingerprint} AS fingerprint
  FROM ${tables}`

// An earlier, faulty try left states without any object.
const withoutConfig = sql`
  FROM remote_development.workspaces AS w
  WHERE NOT EXISTS (
    SELECT FROM remote_development.workspace_agentk_states AS state
    WHERE state.workspace_id = w.id AND state.desired_config <> '[]'
  )`

// The longest name that still fits into a label together with "-workspace-inventory".
const hasImpossibleName = sql`(w.name !~ '^[a-z]([-a-z0-9]*[a-z0-9])?$' OR length(w.name) > 43)`
// The objects around a devfile take a third of the 64 KB; its scripts go into them as JSON writes them.
const hasHugeDevfile = sql`octet_length(to_jsonb(w.processed_devfile)::text) > 40000`

const MAX_MESSAGE_LENGTH = 4000

/** The first twenty, as the original keeps them. */
function framesOf(stack: string): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 20)
}

const isErrorDocument = sql`state.desired_config->0 ? 'error_message'`

export default defineBatchedMigration({
  jobClassName: 'BackfillWorkspaceAgentkStates',
  description:
    'Freezes the desired config of every workspace, whatever its state: the ordered list of Kubernetes objects that its ' +
    'devfile and its agent’s configuration give, checked against JSON Schema and order, goes into workspace_agentk_states. ' +
    'A workspace for which nothing can be generated is set to Terminated, and its state says why; one for which something ' +
    'invalid comes out is logged, counted and left alone. With the argument true nothing is written: the log says what ' +
    'would be valid.',
  featureCategory: 'workspaces',
  milestone: '18.5',
  queuedMigrationVersion: '20250905091200',
  table: 'remote_development.workspaces',
  column: 'id',
  batchSize: 1000,
  subBatchSize: 100,
  intervalSeconds: 120,
  arguments: { dryRun: z.boolean().optional() },

  perform: eachRow({
    select: ({ subBatch }) => sql`${workspaces} WHERE ${subBatch.on('w')}`,

    transform: (workspace: Source, { args, log }: TransformContext<{ dryRun?: boolean | undefined }>) => {
      const { id, name, project_id: projectId } = workspace
      let config: readonly KubernetesObject[]
      try {
        config = desiredConfigOf(workspace)
      } catch (error) {
        log('warn', `workspace ${id}: the desired config could not be generated: ${String(error)}`, {
          workspaceId: id,
          error: String(error),
          backtrace: error instanceof Error ? framesOf(error.stack ?? '') : [],
        })
        if (args.dryRun === true) return unresolved('would be terminated')
        throw error
      }
      const problems = problemsOf(config, name)
      if (problems.length > 0) {
        log('error', `workspace ${id}: the generated desired config is invalid: ${problems[0] ?? ''}`, {
          workspaceId: id,
          problems: problems.slice(0, 20),
        })
        return unresolved('invalid')
      }
      if (args.dryRun === true) return null
      return { workspace_id: id, project_id: projectId, desired_config: config } satisfies State
    },

    // A workspace that was changed or deleted since it was read is not written: verify then names it, a requeue takes it up.
    // A state that is right already stays as it is.
    write: (rows) => sql`
      INSERT INTO remote_development.workspace_agentk_states AS state (workspace_id, project_id, desired_config)
      SELECT made.workspace_id, made.project_id, made.desired_config
      FROM (${values(
        rows.map(({ value, source }) => ({ ...value, fingerprint: source.fingerprint })),
        { workspace_id: 'bigint', project_id: 'bigint', desired_config: 'jsonb', fingerprint: 'bigint' },
      )}) AS made (workspace_id, project_id, desired_config, fingerprint)
      JOIN (${tables}) ON w.id = made.workspace_id AND ${fingerprint} = made.fingerprint
      ON CONFLICT (workspace_id) DO UPDATE
      SET desired_config = excluded.desired_config, project_id = excluded.project_id, updated_at = now()
      WHERE (state.desired_config, state.project_id) IS DISTINCT FROM (excluded.desired_config, excluded.project_id)`,

    // Terminating takes something from its user: not where the workspace is another one by now.
    onQuarantine: (rows) => sql`
      WITH failed (workspace_id, fingerprint, error_document) AS (${values(
        rows.map(({ key, source, errorClass, errorMessage, stack }) => ({
          workspace_id: key[0],
          fingerprint: source.fingerprint ?? null,
          error_document: [
            {
              message: 'The desired config could not be generated',
              error_message: storable(`${errorClass}: ${errorMessage}`).slice(0, MAX_MESSAGE_LENGTH),
              backtrace: framesOf(storable(stack)),
            },
          ],
        })),
        { workspace_id: 'bigint', fingerprint: 'bigint', error_document: 'jsonb' },
      )}),
      unchanged AS (
        SELECT w.id, failed.error_document
        FROM failed JOIN (${tables}) ON w.id = failed.workspace_id AND ${fingerprint} = failed.fingerprint
      ),
      terminated AS (
        UPDATE remote_development.workspaces AS w
        SET desired_state = 'Terminated', actual_state = 'Terminated'
        FROM unchanged
        WHERE w.id = unchanged.id
        RETURNING w.id, w.project_id, unchanged.error_document
      )
      INSERT INTO remote_development.workspace_agentk_states (workspace_id, project_id, desired_config)
      SELECT id, project_id, error_document FROM terminated
      ON CONFLICT (workspace_id) DO UPDATE SET desired_config = excluded.desired_config, updated_at = now()`,
  }),

  before: [
    check.none(
      'a workspace can have one state only',
      sql`
        SELECT 'workspace_agentk_states has no unique index on workspace_id' AS problem
        WHERE NOT EXISTS (
          SELECT FROM pg_index
          WHERE indrelid = to_regclass('remote_development.workspace_agentk_states') AND indisunique AND indisvalid
            AND indnkeyatts = 1 AND indpred IS NULL
            AND pg_get_indexdef(indexrelid, 1, true) = 'workspace_id'
        )`,
    ),
  ],

  verify: [
    // Generated once more, from what the tables hold now.
    check.rows<Workspace & { got: unknown }>('a sample of states is valid, and what their workspaces give', {
      sql: sql`
        SELECT source.*, state.desired_config AS got
        FROM (${workspaces}) AS source
        JOIN remote_development.workspace_agentk_states AS state ON state.workspace_id = source.id
        WHERE state.desired_config <> '[]' AND NOT ${isErrorDocument}`,
      expect: ({ got, ...workspace }) => {
        const [problem] = problemsOf(got, workspace.name)
        if (problem !== undefined) return problem
        const expected = desiredConfigOf(workspace)
        // jsonb keeps the keys of an object in an order of its own.
        const stored = deepSort(got as readonly KubernetesObject[])
        const index = expected.findIndex((object, at) => JSON.stringify(object) !== JSON.stringify(stored[at]))
        if (index === -1 && stored.length === expected.length) return true
        return `index ${String(index)}: got=${JSON.stringify(stored[index])} expected=${JSON.stringify(expected[index])}`
      },
    }),
    // Invalid for another reason, or changed while it was read: the log of the run says which.
    check.none(
      'every workspace without a desired config is a declared exception',
      sql`SELECT w.id, w.name, w.desired_state ${withoutConfig} AND NOT ${hasImpossibleName} AND NOT ${hasHugeDevfile}
          ORDER BY w.id`,
    ),
    check.none(
      'one replica for workspaces that are to run, none for all others',
      sql`
        SELECT w.id, w.desired_state, object->'spec'->'replicas' AS got
        FROM remote_development.workspaces AS w
        JOIN remote_development.workspace_agentk_states AS state ON state.workspace_id = w.id
        CROSS JOIN jsonb_array_elements(state.desired_config) AS object
        WHERE object->>'kind' = 'Deployment'
          AND object->'spec'->'replicas' <> to_jsonb((w.desired_state = 'Running')::int)
        ORDER BY w.id`,
    ),
    check.count(
      'every quarantined workspace has an error document',
      sql`SELECT count(*) FROM remote_development.workspace_agentk_states AS state WHERE ${isErrorDocument}`,
      ({ quarantined }) => quarantined,
    ),
    check.none(
      'every workspace with an error document is terminated',
      sql`
        SELECT w.id, w.desired_state, w.actual_state
        FROM remote_development.workspaces AS w
        JOIN remote_development.workspace_agentk_states AS state ON state.workspace_id = w.id
        WHERE ${isErrorDocument} AND (w.desired_state, w.actual_state) IS DISTINCT FROM ('Terminated', 'Terminated')
        ORDER BY w.id`,
    ),
  ],

  exceptions: [
    {
      name: 'no valid name',
      why: 'Kubernetes would refuse objects of this name: it is longer than 43 characters, or not of a–z, 0–9 and -.',
      count: sql`SELECT count(*) ${withoutConfig} AND ${hasImpossibleName}`,
      rows: sql`SELECT w.id, w.name ${withoutConfig} AND ${hasImpossibleName} ORDER BY w.id`,
    },
    {
      name: 'larger than 64 KB',
      why: 'The objects of such a devfile take more than the agent accepts.',
      count: sql`SELECT count(*) ${withoutConfig} AND NOT ${hasImpossibleName} AND ${hasHugeDevfile}`,
      rows: sql`
        SELECT w.id, w.name, octet_length(w.processed_devfile) AS bytes
        ${withoutConfig} AND NOT ${hasImpossibleName} AND ${hasHugeDevfile}
        ORDER BY w.id`,
    },
  ],

  // The document itself is another table's.
  samples: { columns: ['id', 'name', 'desired_state', 'actual_state'] },
  finalize: { after: [sql`ANALYZE remote_development.workspace_agentk_states`] },
})
