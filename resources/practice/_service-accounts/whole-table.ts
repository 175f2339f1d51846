/**
 * Every workflow with the account that it should have, by joins over whole tables: worked out once more and in another way
 * than the statement does it, so that a mistake in either shows.
 */
import { sql } from 'tranche'

// OFFSET 0 keeps the conditions of who asks out of the plan; the planner takes them for more selective than they are, and
// would loop where it has to hash.
export const wholeTable = sql`(
  SELECT w.id,
    w.service_account_id AS got,
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
