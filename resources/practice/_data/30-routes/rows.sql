-- Fills routes. Run after 10-namespaces, in one transaction, after
--   SELECT set_config('practice.rows', '200000', true)
-- Deterministic: the same number of rows always gives the same data.

-- Compiling these one-off statements would take longer than running them.
SET LOCAL jit = off;

-- Helpers that vanish with the session (README.md beside this folder explains them).
-- A number in [0, 1) that depends on nothing but i and the seed.
CREATE OR REPLACE FUNCTION pg_temp.draw(i bigint, seed bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
  AS 'SELECT (hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8';
-- The id of the i-th of n rows: not from 1, a gap every few rows, deleted ranges, a purged year, a jump above 2^31.
CREATE OR REPLACE FUNCTION pg_temp.gappy(i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT 4096 + i + 3 * (i / 7) + 1800 * (i / 5000)
        + CASE WHEN i > n * 55 / 100 THEN 400000 ELSE 0 END
        + CASE WHEN i > n * 97 / 100 THEN 2147483648 ELSE 0 END';

-- These rows are older than the trigger.
ALTER TABLE public.routes DISABLE TRIGGER routes_set_namespace_id;

CREATE TEMP TABLE size ON COMMIT DROP AS
SELECT 2 * (n / 25) AS unused
FROM (SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000), 100) AS n) AS setting;

CREATE TEMP TABLE namespace ON COMMIT DROP AS
SELECT id, name, path, traversal_ids, created_at, row_number() OVER (ORDER BY id) AS rank, count(*) OVER () AS namespaces
FROM public.namespaces;

ANALYZE namespace;

-- One route for each namespace, in the order of their ids, and 8 % of a source type that nobody uses any more: their
-- sources are gone, although some of their ids are ids of living namespaces. They are old: all in the first half.
INSERT INTO public.routes (id, source_id, source_type, path, name, created_at, updated_at, namespace_id)
SELECT pg_temp.gappy(i, n), source_id, source_type, path, name, created_at,
  created_at + pg_temp.draw(i, 501) * interval '30 days',
  -- The newest 2 % were created after the trigger.
  CASE WHEN i > n * 98 / 100 THEN source_id END
FROM (
  SELECT row_number() OVER (ORDER BY position, source_type, source_id) AS i, count(*) OVER () AS n, numbered.*
  FROM (
    SELECT rank::float8 / namespaces AS position, namespace.id AS source_id, 'Namespace' AS source_type,
      full_path.path, namespace.name, namespace.created_at
    FROM namespace
    JOIN (
      SELECT descendant.id, string_agg(ancestor.path, '/' ORDER BY depth) AS path
      FROM namespace AS descendant
      CROSS JOIN unnest(descendant.traversal_ids) WITH ORDINALITY AS step (id, depth)
      JOIN namespace AS ancestor ON ancestor.id = step.id
      GROUP BY descendant.id
    ) AS full_path ON full_path.id = namespace.id
    UNION ALL
    SELECT position, 4096 + 2 * i, 'UnusedType', 'retired/item-' || i, 'Retired item ' || i,
      timestamptz '2016-03-01 08:00Z' + position * interval '9 years'
    FROM size, generate_series(1, unused) AS i, LATERAL (SELECT pg_temp.draw(i, 502) / 2 AS position) AS drawn
  ) AS numbered
) AS ordered
ORDER BY i;

ALTER TABLE public.routes ENABLE TRIGGER routes_set_namespace_id;

-- Rows that somebody adds by hand get ids above these.
SELECT setval(pg_get_serial_sequence('public.routes', 'id'), max(id)) FROM public.routes;

ANALYZE public.routes;
