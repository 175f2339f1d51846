import { check, defineBatchedMigration, sql } from 'tranche'
import { exceptions, missedCount } from './_service-accounts/exceptions.ts'
import { judge, type Workflow, workflows } from './_service-accounts/facts.ts'
import { wholeTable } from './_service-accounts/whole-table.ts'

export default defineBatchedMigration({
  jobClassName: 'BackfillServiceAccountIdOnDuoWorkflowsWorkflows',
  description:
    'Gives every workflow without a service account the account of its flow in its root group: the catalog item is that ' +
    'of the workflow’s version or, where there is no version, the one with the flow reference that equals the workflow’s ' +
    'definition; the account is that of the root group’s first consumer of this item. Workflows for which there is no ' +
    'such account stay without one and are counted as exceptions; accounts that are set already are kept. This is part 2 ' +
    'of a plan: part 1 adds the column, part 3 lets new workflows bring their account along.',
  featureCategory: 'duo_agent_platform',
  milestone: '18.10',
  table: 'duo_workflows_workflows',
  column: 'id',
  batchSize: 1000,
  subBatchSize: 100,
  intervalSeconds: 120,

  // The correlated look-ups go through primary keys and the consumers' (item, group) index, row by row. MATERIALIZED lets
  // each run once instead of once in the filter and once more in the SET; a plain join makes the planner hash whole
  // tables for every sub-batch. The measurement is in docs/service-accounts.md.
  // The last condition keeps an account that the application wrote while this statement was looking.
  perform: ({ subBatch }) => sql`
    WITH found AS MATERIALIZED (
      SELECT w.id, (
          SELECT consumer.service_account_id
          FROM ai_catalog_item_consumers AS consumer
          WHERE consumer.ai_catalog_item_id = COALESCE(
              (
                SELECT version.ai_catalog_item_id
                FROM ai_catalog_item_versions AS version
                WHERE version.id = w.ai_catalog_item_version_id
              ),
              (
                SELECT item.id
                FROM ai_catalog_items AS item
                WHERE item.foundational_flow_reference = w.workflow_definition
                ORDER BY item.id
                LIMIT 1
              )
            )
            AND consumer.group_id = (
              SELECT namespace.traversal_ids[1]
              FROM namespaces AS namespace
              WHERE namespace.id = COALESCE(
                (SELECT project.namespace_id FROM projects AS project WHERE project.id = w.project_id),
                w.namespace_id
              )
            )
            AND consumer.service_account_id IS NOT NULL
          ORDER BY consumer.id
          LIMIT 1
        ) AS service_account_id
      FROM duo_workflows_workflows AS w
      WHERE ${subBatch.on('w')} AND w.service_account_id IS NULL
    )
    UPDATE duo_workflows_workflows AS w
    SET service_account_id = found.service_account_id
    FROM found
    WHERE ${subBatch.on('w')}
      AND w.id = found.id
      AND found.service_account_id IS NOT NULL
      AND w.service_account_id IS NULL`,

  before: [
    check.none(
      'part 1 is there: the column service_account_id',
      sql`
        SELECT 'duo_workflows_workflows has no column service_account_id' AS problem
        WHERE NOT EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = to_regclass('duo_workflows_workflows') AND attname = 'service_account_id' AND NOT attisdropped
        )`,
    ),
    check.none(
      'part 3 is there: new workflows bring their account along',
      sql`
        SELECT 'none of the newest 1000 workflows has a service account' AS problem
        -- Asked for as a key, so that a missing column (part 1) is no error here.
        FROM (
          SELECT to_jsonb(w) ->> 'service_account_id' AS service_account_id
          FROM duo_workflows_workflows AS w
          ORDER BY id DESC
          LIMIT 1000
        ) AS newest
        HAVING count(*) = 1000 AND count(service_account_id) = 0`,
    ),
    check.none(
      'the before-image was taken',
      sql`
        SELECT 'duo_workflows_workflows_before is missing: see docs/service-accounts.md' AS problem
        WHERE to_regclass('duo_workflows_workflows_before') IS NULL`,
    ),
  ],

  // Two checks work the expected account out once more, each in another way than the statement does.
  verify: [
    // Step 3 of the seed, for workflows all over the range: got and expected.
    check.rows<Workflow>('a sample of workflows got the expected account', { sql: workflows, expect: judge }),
    check.none(
      'no workflow has another account than expected',
      sql`
        SELECT id, got, expected
        FROM ${wholeTable} AS workflows
        WHERE got IS DISTINCT FROM expected AND NOT is_own_choice
          AND NOT EXISTS (
            SELECT FROM duo_workflows_workflows_before AS before
            WHERE before.id = workflows.id AND before.service_account_id = got
          )
        ORDER BY id`,
    ),
    // The seed's last step, "0 count = all workflows are correctly backfilled": of those that could be filled.
    check.count('no workflow with a version was missed', missedCount, 0),
    check.count(
      'every workflow without an account is a declared exception',
      sql`SELECT count(*) FROM duo_workflows_workflows WHERE service_account_id IS NULL`,
      ({ exceptions }) =>
        (exceptions['no catalog item'] ?? 0) +
        (exceptions['version, but no account in the root group'] ?? 0) +
        (exceptions['flow reference, but no account in the root group'] ?? 0),
    ),
    // Where the application keeps writing to the table, leave out the columns that it writes (status, updated_at).
    check.none(
      'nothing else changed',
      sql`
        SELECT w.id
        FROM duo_workflows_workflows AS w
        JOIN duo_workflows_workflows_before AS before ON before.id = w.id
        WHERE (before.service_account_id IS NOT NULL AND w.service_account_id IS DISTINCT FROM before.service_account_id)
          OR before.fingerprint <> hash_record_extended(
            ROW(
              w.user_id, w.project_id, w.namespace_id, w.ai_catalog_item_version_id, w.workflow_definition, w.goal,
              w.status, w.created_at, w.updated_at
            ),
            0
          )
        ORDER BY w.id`,
    ),
  ],

  exceptions,

  samples: {
    columns: [
      'id',
      'project_id',
      'namespace_id',
      'ai_catalog_item_version_id',
      'workflow_definition',
      'updated_at',
      'service_account_id',
    ],
  },
  finalize: { after: [sql`ANALYZE duo_workflows_workflows`] },
})
