-- Fills organizations, users, namespaces and projects. Run in one transaction, after
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

-- n rows of practice → 0.92 n namespaces (each has a route; the other routes are of the unused type):
-- 5 % root groups, 15 % subgroups down to three deep, 22 % people's own, the rest belong to projects.
CREATE TEMP TABLE size ON COMMIT DROP AS
SELECT namespaces, roots, level_1, level_2, level_3, people,
  roots + level_1 + level_2 + level_3 AS groups,
  namespaces - roots - level_1 - level_2 - level_3 - people AS projects
FROM (
  SELECT n - 2 * (n / 25) AS namespaces,
    n / 20 AS roots, n * 8 / 100 AS level_1,
    n * 5 / 100 AS level_2, n * 2 / 100 AS level_3, n * 22 / 100 AS people
  FROM (SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000), 100) AS n) AS setting
) AS shares;

INSERT INTO public.organizations (id, name)
VALUES (1, 'Default'), (7, 'Northwind'), (12, 'Contoso');

INSERT INTO public.users (id, username, user_type, created_at)
SELECT pg_temp.gappy(i, people), 'person-' || i, 0, timestamptz '2016-03-01 08:00Z' + i * interval '70 minutes'
FROM size, generate_series(1, people) AS i;

-- Namespaces of all kinds are created in mixed order, so their numbers are dealt out by hash. `rank` counts within a kind.
CREATE TEMP TABLE namespace ON COMMIT DROP AS
SELECT id, kind, row_number() OVER (PARTITION BY kind ORDER BY id) AS rank
FROM (
  SELECT pg_temp.gappy(row_number() OVER (ORDER BY hashint8extended(i, 11), i), namespaces) AS id,
    CASE
      WHEN i <= roots THEN 'root'
      WHEN i <= roots + level_1 THEN 'level 1'
      WHEN i <= roots + level_1 + level_2 THEN 'level 2'
      WHEN i <= groups THEN 'level 3'
      WHEN i <= groups + people THEN 'person'
      ELSE 'project'
    END AS kind
  FROM size, generate_series(1, namespaces) AS i
) AS dealt;

CREATE TEMP TABLE tree (id bigint, kind text, rank bigint, parent_id bigint, traversal_ids bigint[]) ON COMMIT DROP;

INSERT INTO tree
SELECT id, kind, rank, NULL, ARRAY[id] FROM namespace WHERE kind IN ('root', 'person');

INSERT INTO tree
SELECT child.id, child.kind, child.rank, parent.id, parent.traversal_ids || child.id
FROM size
JOIN namespace AS child ON child.kind = 'level 1'
JOIN tree AS parent ON parent.kind = 'root' AND parent.rank = pg_temp.pick(roots, child.id, 21);

INSERT INTO tree
SELECT child.id, child.kind, child.rank, parent.id, parent.traversal_ids || child.id
FROM size
JOIN namespace AS child ON child.kind = 'level 2'
JOIN tree AS parent ON parent.kind = 'level 1' AND parent.rank = pg_temp.pick(level_1, child.id, 22);

INSERT INTO tree
SELECT child.id, child.kind, child.rank, parent.id, parent.traversal_ids || child.id
FROM size
JOIN namespace AS child ON child.kind = 'level 3'
JOIN tree AS parent ON parent.kind = 'level 2' AND parent.rank = pg_temp.pick(level_2, child.id, 23);

-- Where projects live: four in five in a group of any depth, the others in somebody's own namespace.
CREATE TEMP TABLE home ON COMMIT DROP AS
SELECT id, traversal_ids, kind = 'person' AS is_own,
  row_number() OVER (PARTITION BY kind = 'person' ORDER BY id) AS rank
FROM tree;

INSERT INTO tree
SELECT child.id, child.kind, child.rank, home.id, home.traversal_ids || child.id
FROM size
JOIN namespace AS child ON child.kind = 'project'
JOIN home
  ON home.is_own = (pg_temp.draw(child.id, 24) < 0.2)
  AND home.rank = pg_temp.pick(
    CASE WHEN pg_temp.draw(child.id, 24) < 0.2 THEN people ELSE groups END, child.id, 25);

ANALYZE tree;

INSERT INTO public.namespaces (id, type, parent_id, owner_id, name, path, traversal_ids, created_at)
SELECT tree.id,
  CASE tree.kind WHEN 'person' THEN 'User' WHEN 'project' THEN 'Project' ELSE 'Group' END,
  parent_id,
  CASE WHEN tree.kind = 'person' THEN pg_temp.gappy(rank, people) END,
  CASE tree.kind
    WHEN 'person' THEN 'Person ' || rank
    WHEN 'project' THEN 'Project ' || rank
    WHEN 'root' THEN 'Company ' || rank
    ELSE 'Team ' || tree.id
  END,
  CASE tree.kind
    WHEN 'person' THEN 'person-' || rank
    WHEN 'project' THEN (ARRAY['api', 'web', 'infra', 'docs', 'mobile', 'data', 'ops', 'tools'])[1 + tree.id % 8] || '-' || rank
    WHEN 'root' THEN 'company-' || rank
    ELSE 'team-' || tree.id
  END,
  traversal_ids,
  timestamptz '2016-03-01 08:00Z' + row_number() OVER (ORDER BY tree.id)::float8 / namespaces * interval '9 years'
FROM size, tree
ORDER BY tree.id;

INSERT INTO public.projects (id, namespace_id, project_namespace_id, name, path, created_at)
SELECT pg_temp.gappy(tree.rank, projects), namespaces.parent_id, namespaces.id, namespaces.name, namespaces.path, namespaces.created_at
FROM size, tree
JOIN public.namespaces ON namespaces.id = tree.id
WHERE tree.kind = 'project'
ORDER BY tree.rank;

-- Rows that somebody adds by hand get ids above these.
SELECT setval(pg_get_serial_sequence('public.organizations', 'id'), max(id)) FROM public.organizations;
SELECT setval(pg_get_serial_sequence('public.users', 'id'), max(id)) FROM public.users;
SELECT setval(pg_get_serial_sequence('public.namespaces', 'id'), max(id)) FROM public.namespaces;
SELECT setval(pg_get_serial_sequence('public.projects', 'id'), max(id)) FROM public.projects;

ANALYZE public.organizations, public.users, public.namespaces, public.projects;
