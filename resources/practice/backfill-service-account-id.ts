import { check, defineBatchedMigration, sql } from 'tranche'

// Two checks work the expected account out once more, each in another way than the statement does, so that a mistake in
// one of the three shows. This is the first: whole tables, joined and grouped. OFFSET 0 keeps the conditions of those who
// use it out of the plan; the planner takes them for more selective than they are, and would loop where it has to hash.
const workflows = sql`(
  SELECT w.id,
    w.service_account_id AS got,
    w.ai_catalog_item_version_id AS version_id,
    COALESCE(version.ai_catalog_item_id, flow.item_id) AS item_id,
    first.service_account_id AS expected,
    -- Somebody chose the account of the project's own consumer: the backfill never writes such a one.
    own.service_account_id IS NOT NULL AND w.service_account_id IS DISTINCT FROM first.service_account_id AS is_own_choice
  FROM duo_workflows_workflows AS w
  LEFT JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  LEFT JOIN (
    SELECT foundational_flow_reference, min(id) AS item_id
    FROM ai_catalog_items
    GROUP BY foundational_flow_reference
  ) AS flow ON w.ai_catalog_item_version_id IS NULL AND flow.foundational_flow_reference = w.workflow_definition
  LEFT JOIN projects ON projects.id = w.project_id
  LEFT JOIN namespaces ON namespaces.id = COALESCE(projects.namespace_id, w.namespace_id)
  LEFT JOIN (
    SELECT ai_catalog_item_id, group_id, (array_agg(service_account_id ORDER BY id))[1] AS service_account_id
    FROM ai_catalog_item_consumers
    WHERE group_id IS NOT NULL AND service_account_id IS NOT NULL
    GROUP BY ai_catalog_item_id, group_id
  ) AS first
    ON first.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, flow.item_id)
    AND first.group_id = namespaces.traversal_ids[1]
  LEFT JOIN ai_catalog_item_consumers AS own
    ON own.service_account_id = w.service_account_id
    AND own.project_id = w.project_id
    AND own.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, flow.item_id)
  OFFSET 0
)`

// The second: the facts about one workflow, from which TypeScript draws the conclusion.
interface Facts {
  readonly got: string | null
  readonly version_item: string | null
  readonly flow_items: readonly string[]
  readonly root: string
  readonly project: string | null
  /** Those of the workflow's root group and of its project, for whatever item, that have an account. */
  readonly consumers: readonly {
    readonly id: string
    readonly item: string
    readonly group: string | null
    readonly project: string | null
    readonly account: string
  }[]
}

const facts = sql`
  SELECT w.id,
    w.service_account_id AS got,
    version.ai_catalog_item_id AS version_item,
    (
      SELECT COALESCE(jsonb_agg(item.id::text), '[]')
      FROM ai_catalog_items AS item
      WHERE item.foundational_flow_reference = w.workflow_definition
    ) AS flow_items,
    namespaces.traversal_ids[1] AS root,
    w.project_id AS project,
    (
      SELECT COALESCE(
          jsonb_agg(
            jsonb_build_object(
              'id', c.id::text, 'item', c.ai_catalog_item_id::text, 'group', c.group_id::text,
              'project', c.project_id::text, 'account', c.service_account_id::text
            )
          ),
          '[]'
        )
      FROM ai_catalog_item_consumers AS c
      WHERE (c.group_id = namespaces.traversal_ids[1] OR c.project_id = w.project_id)
        AND c.service_account_id IS NOT NULL
    ) AS consumers
  FROM duo_workflows_workflows AS w
  LEFT JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  LEFT JOIN projects ON projects.id = w.project_id
  JOIN namespaces ON namespaces.id = COALESCE(projects.namespace_id, w.namespace_id)`

function accountsFor(workflow: Facts): { expected: string | null; ownChoices: readonly string[] } {
  const item = workflow.version_item ?? lowestFirst(workflow.flow_items)[0]
  const consumers = workflow.consumers.filter((consumer) => consumer.item === item)
  const ofRoot = consumers.filter((consumer) => consumer.group === workflow.root)
  const firstId = lowestFirst(ofRoot.map((consumer) => consumer.id))[0]
  return {
    expected: ofRoot.find((consumer) => consumer.id === firstId)?.account ?? null,
    ownChoices: consumers.filter((consumer) => consumer.project !== null).map((consumer) => consumer.account),
  }
}

function lowestFirst(ids: readonly string[]): readonly string[] {
  return ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
}

const withoutItem = sql`workflows.got IS NULL AND workflows.item_id IS NULL`
const byVersionWithoutAccount = sql`workflows.got IS NULL AND workflows.expected IS NULL AND workflows.version_id IS NOT NULL`
const byFlowWithoutAccount = sql`workflows.got IS NULL AND workflows.expected IS NULL AND workflows.version_id IS NULL AND workflows.item_id IS NOT NULL`

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
  // tables for every sub-batch. The measurement is in docs/practice.md.
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
        SELECT 'duo_workflows_workflows_before is missing: see docs/practice.md' AS problem
        WHERE to_regclass('duo_workflows_workflows_before') IS NULL`,
    ),
  ],

  verify: [
    // Step 3 of the seed, for workflows all over the range: got and expected.
    check.rows<Facts>('a sample of workflows got the expected account', {
      sql: facts,
      expect: (workflow) => {
        const { got } = workflow
        const { expected, ownChoices } = accountsFor(workflow)
        if (got === expected || (got !== null && ownChoices.includes(got))) return true
        return `got=${got ?? 'nothing'} expected=${expected ?? 'nothing'}`
      },
    }),
    check.none(
      'no workflow has another account than expected',
      sql`
        SELECT id, got, expected
        FROM ${workflows} AS workflows
        WHERE got IS DISTINCT FROM expected AND NOT is_own_choice
        ORDER BY id`,
    ),
    // The seed's last step: "no workflows with a version but without service_account were missed".
    check.count(
      'no workflow with a version was missed',
      sql`
        SELECT count(*)
        FROM duo_workflows_workflows
        WHERE ai_catalog_item_version_id IS NOT NULL AND service_account_id IS NULL`,
      ({ exceptions }) => exceptions['version, but no account in the root group'] ?? 0,
    ),
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

  exceptions: [
    {
      name: 'no catalog item',
      why: 'The workflow has no version, and its definition is the flow reference of no catalog item.',
      count: sql`SELECT count(*) FROM ${workflows} AS workflows WHERE ${withoutItem}`,
      rows: sql`
        SELECT w.id, w.workflow_definition
        FROM ${workflows} AS workflows
        JOIN duo_workflows_workflows AS w ON w.id = workflows.id
        WHERE ${withoutItem}
        ORDER BY w.id`,
    },
    {
      name: 'version, but no account in the root group',
      why:
        'The root group has no consumer of the version’s item, or only consumers without a service account. The flow ' +
        'reference is not tried: a version decides which item it is.',
      count: sql`SELECT count(*) FROM ${workflows} AS workflows WHERE ${byVersionWithoutAccount}`,
      rows: sql`
        SELECT id, version_id, item_id
        FROM ${workflows} AS workflows
        WHERE ${byVersionWithoutAccount}
        ORDER BY id`,
    },
    {
      name: 'flow reference, but no account in the root group',
      why: 'The root group has no consumer of the foundational flow, or only consumers without a service account.',
      count: sql`SELECT count(*) FROM ${workflows} AS workflows WHERE ${byFlowWithoutAccount}`,
      rows: sql`
        SELECT id, item_id
        FROM ${workflows} AS workflows
        WHERE ${byFlowWithoutAccount}
        ORDER BY id`,
    },
    {
      name: 'account of its own project',
      why: 'The workflow was given the account of its own project’s consumer; an account that is set is never replaced.',
      count: sql`SELECT count(*) FROM ${workflows} AS workflows WHERE is_own_choice`,
      rows: sql`SELECT id, got, expected FROM ${workflows} AS workflows WHERE is_own_choice ORDER BY id`,
    },
  ],

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
