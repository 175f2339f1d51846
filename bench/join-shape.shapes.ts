/** The forms of SQL that join-shape.ts compares, and the accounts that each has to arrive at. */
import { sql, type Sql } from '../src/shared/sql.ts'

export interface Shape {
  readonly name: string
  /** The statement for the rows of alias `w` in `slice`. */
  readonly statement: (slice: Sql) => Sql
  /** The seed's own form also rewrites the rows that it cannot resolve. */
  readonly rewritesUnresolved?: true
}

const item = sql`COALESCE(
  (SELECT v.ai_catalog_item_id FROM ai_catalog_item_versions AS v WHERE v.id = w.ai_catalog_item_version_id),
  (SELECT i.id FROM ai_catalog_items AS i WHERE i.foundational_flow_reference = w.workflow_definition ORDER BY i.id LIMIT 1)
)`

const root = sql`(
  SELECT n.traversal_ids[1]
  FROM namespaces AS n
  WHERE n.id = COALESCE((SELECT p.namespace_id FROM projects AS p WHERE p.id = w.project_id), w.namespace_id)
)`

const account = sql`(
  SELECT c.service_account_id
  FROM ai_catalog_item_consumers AS c
  WHERE c.ai_catalog_item_id = ${item} AND c.group_id = ${root} AND c.service_account_id IS NOT NULL
  ORDER BY c.id
  LIMIT 1
)`

export const joinShape: Shape = {
  name: 'join',
  statement: (slice) => sql`
    UPDATE duo_workflows_workflows SET service_account_id = found.service_account_id
    FROM (
      SELECT DISTINCT ON (w.id) w.id, c.service_account_id
      FROM duo_workflows_workflows AS w
      LEFT JOIN ai_catalog_item_versions AS v ON v.id = w.ai_catalog_item_version_id
      LEFT JOIN (
        SELECT DISTINCT ON (foundational_flow_reference) foundational_flow_reference, id
        FROM ai_catalog_items
        WHERE foundational_flow_reference IS NOT NULL
        ORDER BY foundational_flow_reference, id
      ) AS i ON i.foundational_flow_reference = w.workflow_definition
      LEFT JOIN projects AS p ON p.id = w.project_id
      JOIN namespaces AS n ON n.id = COALESCE(p.namespace_id, w.namespace_id)
      JOIN ai_catalog_item_consumers AS c
        ON c.ai_catalog_item_id = COALESCE(v.ai_catalog_item_id, i.id)
        AND c.group_id = n.traversal_ids[1]
        AND c.service_account_id IS NOT NULL
      WHERE ${slice} AND w.service_account_id IS NULL
      ORDER BY w.id, c.id
    ) AS found
    WHERE duo_workflows_workflows.id = found.id AND duo_workflows_workflows.service_account_id IS NULL`,
}

export const shapes: readonly Shape[] = [
  joinShape,
  {
    name: 'correlated, as the seed has it',
    rewritesUnresolved: true,
    statement: (slice) => sql`
      UPDATE duo_workflows_workflows AS w SET service_account_id = ${account}
      WHERE ${slice} AND w.service_account_id IS NULL`,
  },
  {
    name: 'correlated, only resolvable rows',
    statement: (slice) => sql`
      UPDATE duo_workflows_workflows AS w SET service_account_id = ${account}
      WHERE ${slice} AND w.service_account_id IS NULL AND ${account} IS NOT NULL`,
  },
  {
    name: 'correlated once, MATERIALIZED',
    statement: (slice) => sql`
      WITH found AS MATERIALIZED (
        SELECT w.id, ${account} AS service_account_id
        FROM duo_workflows_workflows AS w
        WHERE ${slice} AND w.service_account_id IS NULL
      )
      UPDATE duo_workflows_workflows AS w SET service_account_id = found.service_account_id
      FROM found
      WHERE ${slice} AND w.id = found.id AND found.service_account_id IS NOT NULL AND w.service_account_id IS NULL`,
  },
  {
    name: 'LATERAL',
    statement: (slice) => sql`
      UPDATE duo_workflows_workflows SET service_account_id = found.service_account_id
      FROM (
        SELECT w.id, c.service_account_id
        FROM duo_workflows_workflows AS w
        CROSS JOIN LATERAL (
          SELECT c.service_account_id
          FROM ai_catalog_item_consumers AS c
          WHERE c.ai_catalog_item_id = ${item} AND c.group_id = ${root} AND c.service_account_id IS NOT NULL
          ORDER BY c.id
          LIMIT 1
        ) AS c
        WHERE ${slice} AND w.service_account_id IS NULL
      ) AS found
      WHERE duo_workflows_workflows.id = found.id AND duo_workflows_workflows.service_account_id IS NULL`,
  },
  {
    name: 'once per item and root, MATERIALIZED',
    statement: (slice) => sql`
      WITH todo AS MATERIALIZED (
        SELECT w.id, ${item} AS item_id, ${root} AS root_id
        FROM duo_workflows_workflows AS w
        WHERE ${slice} AND w.service_account_id IS NULL
      ),
      found AS MATERIALIZED (
        SELECT pair.item_id, pair.root_id, (
            SELECT c.service_account_id
            FROM ai_catalog_item_consumers AS c
            WHERE c.ai_catalog_item_id = pair.item_id AND c.group_id = pair.root_id AND c.service_account_id IS NOT NULL
            ORDER BY c.id
            LIMIT 1
          ) AS service_account_id
        FROM (SELECT DISTINCT item_id, root_id FROM todo WHERE item_id IS NOT NULL) AS pair
      )
      UPDATE duo_workflows_workflows AS w SET service_account_id = found.service_account_id
      FROM todo
      JOIN found ON found.item_id = todo.item_id AND found.root_id = todo.root_id
      WHERE ${slice} AND w.id = todo.id AND found.service_account_id IS NOT NULL AND w.service_account_id IS NULL`,
  },
]

// One scan of the whole table and hash joins, the account chosen by min() over arrays: nothing in common with the shapes.
export const expectedRows = `
  SELECT w.id, first.pair[2] AS service_account_id
  FROM duo_workflows_workflows AS w
  LEFT JOIN projects AS p ON p.id = w.project_id
  JOIN namespaces AS n ON n.id = p.namespace_id OR (p.id IS NULL AND n.id = w.namespace_id)
  JOIN LATERAL (
    SELECT min(ARRAY[c.id, c.service_account_id]) AS pair
    FROM ai_catalog_item_consumers AS c
    WHERE c.group_id = n.traversal_ids[1] AND c.service_account_id IS NOT NULL
      AND CASE
        WHEN w.ai_catalog_item_version_id IS NULL THEN c.ai_catalog_item_id =
          (SELECT min(i.id) FROM ai_catalog_items AS i WHERE i.foundational_flow_reference = w.workflow_definition)
        ELSE EXISTS (
          SELECT FROM ai_catalog_item_versions AS v
          WHERE v.id = w.ai_catalog_item_version_id AND v.ai_catalog_item_id = c.ai_catalog_item_id)
      END
  ) AS first ON first.pair IS NOT NULL
  WHERE w.service_account_id IS NULL`
