-- A tenth of practice.rows, at least a hundred. Their projects are those of the first half in main, by the same formula
-- (_data/10-namespaces/rows.sql, gappy); every hundredth build names a project that is gone.

INSERT INTO public.ci_builds (id, project_id, name)
SELECT i,
  CASE WHEN i % 100 = 0 THEN 9000000000 + i ELSE 4096 + rank + 3 * (rank / 7) + 1800 * (rank / 5000) END,
  'build ' || i
FROM (SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000), 100) AS n) AS setting,
  generate_series(1, greatest(100, n / 10)) AS i,
  LATERAL (SELECT 1 + (hashint8extended(i, 7) & 1048575) % (n / 4) AS rank) AS drawn;

SELECT setval(pg_get_serial_sequence('public.ci_builds', 'id'), max(id)) FROM public.ci_builds;

ANALYZE public.ci_builds;
