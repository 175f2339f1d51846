-- Fills the catalog of flows, its consumers with their service accounts, and duo_workflows_workflows. Run after
-- 10-namespaces, in one transaction, after
--   SELECT set_config('practice.rows', '200000', true)
-- Deterministic: the same number of rows always gives the same data.

-- Compiling these one-off statements would take longer than running them.
SET LOCAL jit = off;

-- Helpers that vanish with the session (README.md beside this folder explains them).
-- A number in [0, 1) that depends on nothing but i and the seed.
CREATE OR REPLACE FUNCTION pg_temp.draw(i bigint, seed bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
  AS 'SELECT (hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8';
-- One of 1…n, skewed: few are drawn very often, most hardly ever; which ones is scattered over the range.
CREATE OR REPLACE FUNCTION pg_temp.pick(n bigint, i bigint, seed bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT (floor(n * power((hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8, 3))::bigint * 2654435761 + seed) % n + 1';
-- The id of the i-th of n rows: not from 1, a gap every few rows, deleted ranges, a purged year, a jump above 2^31.
CREATE OR REPLACE FUNCTION pg_temp.gappy(i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT 4096 + i + 3 * (i / 7) + 1800 * (i / 5000)
        + CASE WHEN i > n * 55 / 100 THEN 400000 ELSE 0 END
        + CASE WHEN i > n * 97 / 100 THEN 2147483648 ELSE 0 END';

-- Service accounts of an earlier filling.
DELETE FROM public.users WHERE user_type = 13;

-- Groups and projects by number, each with the root of its tree. `rank` counts within own/not own (projects) or all (groups).
CREATE TEMP TABLE team ON COMMIT DROP AS
SELECT id, traversal_ids[1] AS root_id, parent_id IS NULL AS is_root, row_number() OVER (ORDER BY id) AS rank
FROM public.namespaces
WHERE type = 'Group';

CREATE TEMP TABLE project ON COMMIT DROP AS
SELECT projects.id, namespaces.traversal_ids[1] AS root_id, namespaces.type = 'User' AS is_own,
  row_number() OVER (PARTITION BY namespaces.type = 'User' ORDER BY projects.id) AS rank
FROM public.projects
JOIN public.namespaces ON namespaces.id = projects.namespace_id;

CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT id, row_number() OVER (ORDER BY id) AS rank FROM public.users WHERE user_type = 0;

CREATE TEMP TABLE size ON COMMIT DROP AS
SELECT n, greatest(n / 500, 24) AS items,
  (SELECT count(*) FROM person) AS people,
  (SELECT count(*) FROM team) AS teams,
  (SELECT count(*) FROM project WHERE NOT is_own) AS group_projects,
  (SELECT count(*) FROM project WHERE is_own) AS own_projects
FROM (SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000), 100) AS n) AS setting;

ANALYZE team, project, person;

-- The catalog: eight foundational flows, everything else made by customers. Item 20 repeats the reference of item 3, so
-- that "the first item with this reference" has to be the one with the lower id.
CREATE TEMP TABLE item ON COMMIT DROP AS
SELECT rank, pg_temp.gappy(rank, items) AS id,
  CASE
    WHEN rank <= 8 THEN flows[rank]
    WHEN rank = 20 THEN flows[3]
  END AS reference,
  1 + floor(5 * pg_temp.draw(rank, 101))::bigint AS versions
FROM size, generate_series(1, items) AS rank, (
  SELECT ARRAY['code_review/v1', 'fix_pipeline/v1', 'developer/v1', 'issue_to_merge_request/v1',
    'resolve_sast_vulnerability/v1', 'convert_to_gl_ci/v1', 'sast_fp_detection/v1', 'security_review/v1'] AS flows
) AS foundational;

CREATE TEMP TABLE version ON COMMIT DROP AS
SELECT pg_temp.gappy(row_number() OVER (ORDER BY number, rank), sum(1) OVER ()) AS id, item.id AS item_id, rank, number
FROM item, generate_series(1, versions) AS number;

ANALYZE item, version;

INSERT INTO public.ai_catalog_items (id, organization_id, project_id, name, foundational_flow_reference, created_at)
SELECT item.id,
  CASE WHEN item.reference IS NOT NULL THEN 1 ELSE (ARRAY[1, 1, 1, 7, 12])[1 + item.rank % 5] END,
  project.id,
  coalesce(initcap(replace(split_part(item.reference, '/', 1), '_', ' ')), 'Custom flow ' || item.rank),
  item.reference,
  timestamptz '2024-06-01 08:00Z' + item.rank * interval '3 hours'
FROM size
JOIN item ON true
LEFT JOIN project
  ON item.reference IS NULL AND NOT project.is_own
  AND project.rank = pg_temp.pick(group_projects, item.rank, 102)
ORDER BY item.id;

INSERT INTO public.ai_catalog_item_versions (id, ai_catalog_item_id, version, created_at)
SELECT id, item_id, number || '.0.0', timestamptz '2024-06-01 09:00Z' + rank * interval '3 hours' + number * interval '20 days'
FROM version
ORDER BY id;

-- The workflows before anybody looks up an account. `way` says how the catalog item is found, if at all:
-- by the version of a foundational flow, by the version of a customer's flow (half of which also carry a definition that
-- would match a foundational one: they must not fall through to it), by the flow reference, or not at all.
CREATE TEMP TABLE draft ON COMMIT DROP AS
SELECT i, pg_temp.gappy(i, n) AS id,
  pg_temp.pick(people, i, 201) AS person_rank,
  CASE WHEN place < 0.68 THEN 'group project' WHEN place < 0.72 THEN 'own project' ELSE 'group' END AS place,
  CASE
    WHEN place < 0.68 THEN pg_temp.pick(group_projects, i, 202)
    WHEN place < 0.72 THEN pg_temp.pick(own_projects, i, 203)
    ELSE pg_temp.pick(teams, i, 204)
  END AS place_rank,
  CASE
    WHEN how < 0.34 THEN 'foundational version'
    WHEN how < 0.50 THEN 'custom version'
    WHEN how < 0.88 THEN 'flow reference'
    ELSE 'none'
  END AS way,
  CASE
    WHEN how < 0.34 OR how BETWEEN 0.50 AND 0.88 THEN pg_temp.pick(8, i, 205)
    WHEN how < 0.50 THEN 8 + pg_temp.pick(items - 8, i, 206)
  END AS item_rank,
  CASE
    WHEN how < 0.34 OR how BETWEEN 0.50 AND 0.88 THEN pg_temp.pick(8, i, 205)
    WHEN how BETWEEN 0.42 AND 0.50 THEN pg_temp.pick(8, i, 207)
  END AS definition_rank,
  CASE WHEN how < 0.97 THEN 'software_development' WHEN how < 0.99 THEN 'chat' ELSE 'prototype/v0' END AS other_definition
FROM size, generate_series(1, n) AS i,
  LATERAL (SELECT pg_temp.draw(i, 208) AS place, pg_temp.draw(i, 209) AS how OFFSET 0) AS drawn;

ANALYZE draft;

CREATE TEMP TABLE workflow ON COMMIT DROP AS
SELECT draft.i, draft.id, draft.person_rank, project.id AS project_id, team.id AS namespace_id,
  coalesce(project.root_id, team.root_id) AS root_id,
  item.id AS item_id, draft.way,
  version.id AS version_id,
  coalesce(defining.reference, draft.other_definition) AS workflow_definition
FROM draft
LEFT JOIN project
  ON draft.place <> 'group' AND project.is_own = (draft.place = 'own project') AND project.rank = draft.place_rank
LEFT JOIN team ON draft.place = 'group' AND team.rank = draft.place_rank
LEFT JOIN item ON item.rank = draft.item_rank
LEFT JOIN item AS defining ON defining.rank = draft.definition_rank
LEFT JOIN version
  ON draft.way IN ('foundational version', 'custom version')
  AND version.rank = draft.item_rank
  AND version.number = 1 + floor(item.versions * pg_temp.draw(draft.i, 210))::bigint;

ANALYZE workflow;

-- Who enabled what: nearly every root group the foundational flows, most users of a custom flow that flow; a few twice.
-- Consumers of subgroups, projects and organizations exist too, and must not be taken for one of a root group.
CREATE TEMP TABLE consumer ON COMMIT DROP AS
WITH wanted AS (
  SELECT item.id AS item_id, team.id AS group_id, NULL::bigint AS project_id, NULL::bigint AS organization_id, copy, 0.90 AS account_share
  FROM team, item, generate_series(1, 2) AS copy
  WHERE team.is_root AND item.reference IS NOT NULL
    AND pg_temp.draw(team.id * 1000 + item.rank * 2 + copy, 301)
      < CASE WHEN copy = 2 THEN 0.03 WHEN item.rank = 20 THEN 0.3 ELSE 0.98 - 0.02 * item.rank END
  UNION ALL
  SELECT used.item_id, used.root_id, NULL, NULL, copy, 0.90
  FROM (
    SELECT DISTINCT workflow.item_id, workflow.root_id
    FROM workflow
    JOIN team ON team.id = workflow.root_id
    JOIN item ON item.id = workflow.item_id AND item.reference IS NULL
  ) AS used, generate_series(1, 2) AS copy
  WHERE pg_temp.draw(hashint8extended(used.root_id, used.item_id) # copy, 302) < CASE copy WHEN 1 THEN 0.75 ELSE 0.03 END
  UNION ALL
  SELECT item.id, team.id, NULL, NULL, 1, 0.95
  FROM team
  JOIN item ON item.rank = pg_temp.pick(8, team.id, 303)
  WHERE NOT team.is_root AND pg_temp.draw(team.id, 304) < 0.04
  UNION ALL
  SELECT used.item_id, NULL, used.project_id, NULL, 1, 0.60
  FROM (SELECT DISTINCT item_id, project_id FROM workflow WHERE item_id IS NOT NULL AND project_id IS NOT NULL) AS used
  WHERE pg_temp.draw(hashint8extended(used.project_id, used.item_id), 305) < 0.06
  UNION ALL
  SELECT item.id, NULL, NULL, organizations.id, 1, 0.5
  FROM item, public.organizations
  WHERE item.reference IS NOT NULL
),
dealt AS (
  SELECT item_id, group_id, project_id, organization_id,
    row_number() OVER (ORDER BY key, item_id, group_id, project_id, organization_id, copy) AS rank,
    count(*) OVER () AS consumers,
    pg_temp.draw(key, 307) < account_share AS has_account
  FROM (
    SELECT *, hashint8extended(item_id, coalesce(group_id, -project_id, organization_id)) # copy AS key FROM wanted
  ) AS keyed
)
SELECT pg_temp.gappy(rank, consumers) AS id, item_id, group_id, project_id, organization_id,
  CASE WHEN has_account THEN (SELECT max(id) FROM person) + 2 + rank + rank / 3 END AS service_account_id
FROM dealt;

ANALYZE consumer;

INSERT INTO public.users (id, username, user_type, created_at)
SELECT service_account_id, 'service-account-' || service_account_id, 13, timestamptz '2025-01-10 08:00Z' + (id % 100000) * interval '5 minutes'
FROM consumer
WHERE service_account_id IS NOT NULL
ORDER BY service_account_id;

INSERT INTO public.ai_catalog_item_consumers
  (id, ai_catalog_item_id, organization_id, group_id, project_id, service_account_id, created_at)
SELECT id, item_id, organization_id, group_id, project_id, service_account_id,
  timestamptz '2025-01-10 08:00Z' + (id % 100000) * interval '5 minutes'
FROM consumer
ORDER BY id;

-- Some rows have their account already: most of the newest 3 % (part 3 of the plan: new workflows bring it along), a few
-- older ones that somebody repaired, and some that were given the account of their own project's consumer.
INSERT INTO public.duo_workflows_workflows
  (id, user_id, project_id, namespace_id, ai_catalog_item_version_id, workflow_definition, goal, status, created_at, updated_at,
   service_account_id)
SELECT workflow.id, person.id, workflow.project_id, workflow.namespace_id, workflow.version_id, workflow.workflow_definition,
  (ARRAY['Fix the failing pipeline', 'Review the merge request', 'Implement the linked issue', 'Explain this vulnerability',
    'Convert the build to CI', 'Add the missing tests', 'Write the changelog', 'Upgrade the dependencies'])[1 + workflow.id % 8]
    || ' !' || workflow.i
    || repeat(' The failing step and what was tried before are described in the linked issue.', floor(8 * power(draw.goal, 3))::int),
  (ARRAY[3, 3, 3, 3, 3, 4, 4, 5, 1, 0])[1 + floor(10 * draw.status)::int],
  created.at, created.at + draw.updated * interval '2 hours',
  CASE
    WHEN own_project.service_account_id IS NOT NULL AND draw.set < 0.5 THEN own_project.service_account_id
    WHEN workflow.i > n * 97 / 100 OR draw.set > 0.97 THEN first.service_account_id
  END
FROM size
CROSS JOIN workflow
CROSS JOIN LATERAL (
  SELECT pg_temp.draw(workflow.i, 401) AS goal, pg_temp.draw(workflow.i, 402) AS status,
    pg_temp.draw(workflow.i, 403) AS updated, pg_temp.draw(workflow.i, 404) AS set
) AS draw
CROSS JOIN LATERAL (SELECT timestamptz '2025-02-01 08:00Z' + workflow.i * (interval '400 days' / n) AS at) AS created
JOIN person ON person.rank = workflow.person_rank
LEFT JOIN (
  SELECT DISTINCT ON (item_id, group_id) item_id, group_id, service_account_id
  FROM consumer
  WHERE service_account_id IS NOT NULL AND group_id IS NOT NULL
  ORDER BY item_id, group_id, id
) AS first ON first.item_id = workflow.item_id AND first.group_id = workflow.root_id
LEFT JOIN consumer AS own_project
  ON own_project.item_id = workflow.item_id AND own_project.project_id = workflow.project_id
ORDER BY workflow.id;

INSERT INTO public.duo_workflows_workflows_before (id, service_account_id, fingerprint)
SELECT id, service_account_id,
  hash_record_extended(ROW(user_id, project_id, namespace_id, ai_catalog_item_version_id, workflow_definition, goal,
    status, created_at, updated_at), 0)
FROM public.duo_workflows_workflows
ORDER BY id;

-- Rows that somebody adds by hand get ids above these.
SELECT setval(pg_get_serial_sequence('public.users', 'id'), max(id)) FROM public.users;
SELECT setval(pg_get_serial_sequence('public.ai_catalog_items', 'id'), max(id)) FROM public.ai_catalog_items;
SELECT setval(pg_get_serial_sequence('public.ai_catalog_item_versions', 'id'), max(id)) FROM public.ai_catalog_item_versions;
SELECT setval(pg_get_serial_sequence('public.ai_catalog_item_consumers', 'id'), max(id)) FROM public.ai_catalog_item_consumers;
SELECT setval(pg_get_serial_sequence('public.duo_workflows_workflows', 'id'), max(id)) FROM public.duo_workflows_workflows;

ANALYZE public.users, public.ai_catalog_items, public.ai_catalog_item_versions, public.ai_catalog_item_consumers,
  public.duo_workflows_workflows, public.duo_workflows_workflows_before;
