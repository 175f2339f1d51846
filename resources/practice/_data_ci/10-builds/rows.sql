-- A tenth of practice.rows, over the first thousand projects; every hundredth build names a project that is gone.

INSERT INTO public.ci_builds (id, project_id, name)
SELECT i, CASE WHEN i % 100 = 0 THEN 1000000000 + i ELSE 1 + (hashint8extended(i, 7) & 1023) % 1000 END, 'build ' || i
  FROM generate_series(1, greatest(100, coalesce(nullif(current_setting('practice.rows', true), ''), '200000')::bigint / 10)) AS i;

SELECT setval(pg_get_serial_sequence('public.ci_builds', 'id'), (SELECT max(id) FROM public.ci_builds));
ANALYZE public.ci_builds;
