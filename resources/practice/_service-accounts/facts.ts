/** Got and expected of single workflows: SQL looks the account up as the seed does, and TypeScript concludes it from the facts. */
import { sql } from 'tranche'

export interface Workflow {
  readonly got: string | null
  readonly expected: string | null
  readonly facts: Facts
}

interface Facts {
  readonly version_item: string | null
  readonly flow_items: readonly string[]
  readonly root: string
  /** By the before-image; null: none, or the workflow is newer. */
  readonly account_before: string | null
  /** Those of the workflow's root group and of its project, for whatever item, that have an account. */
  readonly consumers: readonly {
    readonly id: string
    readonly item: string
    readonly group: string | null
    readonly project: string | null
    readonly account: string
  }[]
}

export const workflows = sql`
  SELECT w.id, w.service_account_id AS got, (
      SELECT c.service_account_id
      FROM ai_catalog_item_consumers AS c
      WHERE c.group_id = namespaces.traversal_ids[1]
        AND c.ai_catalog_item_id = COALESCE(version.ai_catalog_item_id, (
          SELECT min(item.id) FROM ai_catalog_items AS item
          WHERE item.foundational_flow_reference = w.workflow_definition
        ))
        AND c.service_account_id IS NOT NULL
      ORDER BY c.id
      LIMIT 1
    ) AS expected,
    jsonb_build_object(
      'version_item', version.ai_catalog_item_id::text,
      'root', namespaces.traversal_ids[1]::text,
      'account_before', before.service_account_id::text,
      'flow_items', (
        SELECT COALESCE(jsonb_agg(item.id::text), '[]')
        FROM ai_catalog_items AS item
        WHERE item.foundational_flow_reference = w.workflow_definition
      ),
      'consumers', (
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
      )
    ) AS facts
  FROM duo_workflows_workflows AS w
  LEFT JOIN duo_workflows_workflows_before AS before ON before.id = w.id
  LEFT JOIN ai_catalog_item_versions AS version ON version.id = w.ai_catalog_item_version_id
  LEFT JOIN projects ON projects.id = w.project_id
  JOIN namespaces ON namespaces.id = COALESCE(projects.namespace_id, w.namespace_id)
  ORDER BY w.id`

/** true, or what is wrong with it. */
export function judge({ got, expected, facts }: Workflow): true | string {
  const { account, keepable } = concludeFrom(facts)
  if (expected !== account) return `SQL expects ${expected ?? 'nothing'}, the facts say ${account ?? 'nothing'}`
  if (got === expected || (got !== null && keepable.includes(got))) return true
  return `got=${got ?? 'nothing'} expected=${expected ?? 'nothing'}`
}

function concludeFrom({
  version_item: versionItem,
  flow_items: flowItems,
  account_before: accountBefore,
  consumers,
  root,
}: Facts): {
  readonly account: string | null
  /** Accounts that are left where the workflow has them already. */
  readonly keepable: readonly string[]
} {
  const item = versionItem ?? lowestFirst(flowItems)[0]
  const ofItem = consumers.filter((consumer) => consumer.item === item)
  const ofRoot = ofItem.filter((consumer) => consumer.group === root)
  const firstId = lowestFirst(ofRoot.map((consumer) => consumer.id))[0]
  return {
    account: ofRoot.find((consumer) => consumer.id === firstId)?.account ?? null,
    keepable: [
      ...ofItem.filter((consumer) => consumer.project !== null).map((consumer) => consumer.account),
      ...(accountBefore === null ? [] : [accountBefore]),
    ],
  }
}

function lowestFirst(ids: readonly string[]): readonly string[] {
  return ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
}
