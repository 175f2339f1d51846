/** Workflows that are rightly left without the account of their root group, each class found by a look-up of its own. */
import { type Sql, sql } from 'tranche'

const rootOfWorkflow = sql`
  LEFT JOIN projects ON projects.id = w.project_id
  LEFT JOIN namespaces ON namespaces.id = COALESCE(projects.namespace_id, w.namespace_id)`

function hasAccount(item: Sql, root: Sql): Sql {
  return sql`EXISTS (
    SELECT FROM ai_catalog_item_consumers AS consumer
    WHERE consumer.ai_catalog_item_id = ${item}
      AND consumer.group_id = ${root}
      AND consumer.service_account_id IS NOT NULL
  )`
}

/**
 * How many workflows with a version were missed. OFFSET 0, here and below: right after the run the planner knows nothing of
 * what it wrote; it would join the consumers by their item alone, and loop where it has to hash.
 */
export const missedCount = sql`
  SELECT count(*)
  FROM (
    SELECT version.ai_catalog_item_id AS item_id, namespaces.traversal_ids[1] AS root
    FROM duo_workflows_workflows AS w
    JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
    ${rootOfWorkflow}
    WHERE w.service_account_id IS NULL
    OFFSET 0
  ) AS without
  WHERE ${hasAccount(sql`without.item_id`, sql`without.root`)}`

const withoutItem = sql`
  FROM duo_workflows_workflows AS w
  WHERE w.service_account_id IS NULL
    AND w.ai_catalog_item_version_id IS NULL
    AND NOT EXISTS (SELECT FROM ai_catalog_items AS item WHERE item.foundational_flow_reference = w.workflow_definition)`

const byVersion = sql`
  FROM duo_workflows_workflows AS w
  JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  ${rootOfWorkflow}
  WHERE w.service_account_id IS NULL AND NOT ${hasAccount(sql`version.ai_catalog_item_id`, sql`namespaces.traversal_ids[1]`)}`

const flows = sql`(
  SELECT foundational_flow_reference AS reference, min(id) AS item_id
  FROM ai_catalog_items
  GROUP BY foundational_flow_reference
)`

const byFlow = sql`
  FROM duo_workflows_workflows AS w
  JOIN ${flows} AS flow ON flow.reference = w.workflow_definition
  ${rootOfWorkflow}
  WHERE w.service_account_id IS NULL
    AND w.ai_catalog_item_version_id IS NULL
    AND NOT ${hasAccount(sql`flow.item_id`, sql`namespaces.traversal_ids[1]`)}`

// An account belongs to one consumer: the project's own is never that of the root group.
const ownChoice = sql`
  FROM (
    SELECT id, service_account_id, project_id, workflow_definition, ai_catalog_item_version_id
    FROM duo_workflows_workflows
    WHERE service_account_id IS NOT NULL
    OFFSET 0
  ) AS w
  JOIN (
    SELECT project_id, ai_catalog_item_id, service_account_id
    FROM ai_catalog_item_consumers
    WHERE project_id IS NOT NULL
    OFFSET 0
  ) AS own ON own.service_account_id = w.service_account_id AND own.project_id = w.project_id
  LEFT JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  LEFT JOIN ${flows} AS flow ON flow.reference = w.workflow_definition
  WHERE own.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, flow.item_id)`

// Looked up for those alone that had one before, which are few.
const otherBefore = sql`
  FROM (
    SELECT w.id, w.service_account_id, w.project_id, w.namespace_id, w.ai_catalog_item_version_id,
      w.workflow_definition
    FROM duo_workflows_workflows AS w
    JOIN duo_workflows_workflows_before AS before ON before.id = w.id AND before.service_account_id = w.service_account_id
    OFFSET 0
  ) AS w
  LEFT JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  LEFT JOIN ${flows} AS flow ON w.ai_catalog_item_version_id IS NULL AND flow.reference = w.workflow_definition
  ${rootOfWorkflow}
  LEFT JOIN LATERAL (
    SELECT consumer.service_account_id AS account
    FROM ai_catalog_item_consumers AS consumer
    WHERE consumer.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, flow.item_id)
      AND consumer.group_id = namespaces.traversal_ids[1]
      AND consumer.service_account_id IS NOT NULL
    ORDER BY consumer.id
    LIMIT 1
  ) AS first ON true
  WHERE w.service_account_id IS DISTINCT FROM first.account
    AND NOT EXISTS (
      SELECT FROM ai_catalog_item_consumers AS own
      WHERE own.service_account_id = w.service_account_id
        AND own.project_id = w.project_id
        AND own.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, flow.item_id)
    )`

export const exceptions = [
  {
    name: 'no catalog item',
    why: 'The workflow has no version, and its definition is the flow reference of no catalog item.',
    count: sql`SELECT count(*) ${withoutItem}`,
    rows: sql`SELECT w.id, w.workflow_definition ${withoutItem} ORDER BY w.id LIMIT 20`,
  },
  {
    name: 'version, but no account in the root group',
    why:
      'The root group has no consumer of the version’s item, or only consumers without a service account. The flow ' +
      'reference is not tried: a version decides which item it is.',
    count: sql`SELECT count(*) ${byVersion}`,
    rows: sql`SELECT w.id, version.id AS version_id, version.ai_catalog_item_id AS item_id ${byVersion} ORDER BY w.id LIMIT 20`,
  },
  {
    name: 'flow reference, but no account in the root group',
    why: 'The root group has no consumer of the foundational flow, or only consumers without a service account.',
    count: sql`SELECT count(*) ${byFlow}`,
    rows: sql`SELECT w.id, flow.item_id ${byFlow} ORDER BY w.id LIMIT 20`,
  },
  {
    name: 'account of its own project',
    why: 'The workflow was given the account of its own project’s consumer; an account that is set is never replaced.',
    count: sql`SELECT count(*) ${ownChoice}`,
    rows: sql`SELECT w.id, w.service_account_id ${ownChoice} ORDER BY w.id LIMIT 20`,
  },
  {
    name: 'had another account before',
    why:
      'By the before-image the workflow had an account that is neither that of its root group nor that of its own ' +
      'project’s consumer; an account that is set is never replaced.',
    count: sql`SELECT count(*) ${otherBefore}`,
    rows: sql`
      SELECT * FROM (SELECT w.id, w.service_account_id AS got, first.account AS expected ${otherBefore} OFFSET 0) AS found
      ORDER BY id LIMIT 20`,
  },
]
