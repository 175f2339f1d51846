-- Fills the tables of the migrations in guide/. Run after 10-namespaces, in one transaction, after
--   SELECT set_config('practice.rows', '200000', true)
-- Deterministic: the same number of rows always gives the same data.

-- Compiling these one-off statements would take longer than running them.
SET LOCAL jit = off;

-- Helpers that vanish with the session (README.md beside this folder explains them).
CREATE OR REPLACE FUNCTION pg_temp.draw(i bigint, seed bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
  AS 'SELECT (hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8';
CREATE OR REPLACE FUNCTION pg_temp.pick(n bigint, i bigint, seed bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT (floor(n * power((hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8, 3))::bigint * 2654435761 + seed) % n + 1';
CREATE OR REPLACE FUNCTION pg_temp.gappy(i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT 4096 + i + 3 * (i / 7) + 1800 * (i / 5000)
        + CASE WHEN i > n * 55 / 100 THEN 400000 ELSE 0 END
        + CASE WHEN i > n * 97 / 100 THEN 2147483648 ELSE 0 END';

CREATE TEMP TABLE size ON COMMIT DROP AS
SELECT n / 10 AS tenth, n / 4 AS quarter, greatest(n / 100, 20) AS hundredth
FROM (SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000), 100) AS n) AS setting;

CREATE TEMP TABLE project ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY id) AS rank, count(*) OVER () AS projects, id
FROM public.projects;

CREATE UNIQUE INDEX ON project (rank);
ANALYZE project;

-- One in twelve has no timeout, one in seven was written with its number as text.
INSERT INTO public.integrations (id, project_id, type, properties)
SELECT pg_temp.gappy(i, tenth), project.id,
  (ARRAY['Jira', 'Slack', 'Jenkins', 'Webhook'])[1 + floor(4 * pg_temp.draw(i, 601))::int],
  jsonb_build_object('url', 'https://hooks.example.com/' || i, 'push_events', pg_temp.draw(i, 602) < 0.7)
    || CASE
      WHEN i % 12 = 0 THEN '{}'
      WHEN i % 7 = 0 THEN jsonb_build_object('timeout', (5 + i % 60)::text)
      ELSE jsonb_build_object('timeout', 5 + i % 60)
    END
FROM size, generate_series(1, tenth) AS i
JOIN project ON project.rank = pg_temp.pick((SELECT count(*) FROM project), i, 603);

INSERT INTO public.project_events (id, project_id, action, payload, created_at)
SELECT pg_temp.gappy(i, tenth), project.id, action,
  CASE action
    WHEN 'pushed' THEN jsonb_build_object('ref', 'refs/heads/topic-' || i % 40, 'commits', 1 + i % 9)
    WHEN 'commented' THEN jsonb_build_object('note', 'Comment number ' || i)
    ELSE '{}'
  END,
  timestamptz '2019-01-01 08:00Z' + i * interval '1 minute'
FROM size, generate_series(1, tenth) AS i
CROSS JOIN LATERAL (SELECT pg_temp.draw(i, 611) AS drawn) AS chance
CROSS JOIN LATERAL (
  SELECT CASE
      WHEN drawn < 0.60 THEN 'pushed'
      WHEN drawn < 0.90 THEN 'commented'
      WHEN drawn < 0.96 THEN 'joined'
      WHEN drawn < 0.99 THEN 'left'
      -- Nobody knows what these were; no table replaces them.
      ELSE 'imported'
    END AS action
) AS kind
JOIN project ON project.rank = pg_temp.pick((SELECT count(*) FROM project), i, 612);

-- One in twenty has no postcode, one in twenty-five one that no service knows.
INSERT INTO public.customers (id, name, postcode)
SELECT pg_temp.gappy(i, hundredth), 'Customer ' || i,
  CASE
    WHEN i % 20 = 0 THEN NULL
    WHEN i % 25 = 0 THEN '00000'
    ELSE lpad((10000 + floor(200 * pg_temp.draw(i, 621)) * 7)::text, 5, '0')
  END
FROM size, generate_series(1, hundredth) AS i;

INSERT INTO public.application_settings (id) VALUES (1);

INSERT INTO public.issues (id, project_id, title, closed_at)
SELECT pg_temp.gappy(i, quarter), project.id, 'Issue ' || i,
  CASE WHEN pg_temp.draw(i, 631) < 0.6 THEN timestamptz '2024-01-01 08:00Z' + i * interval '1 second' END
FROM size, generate_series(1, quarter) AS i
JOIN project ON project.rank = pg_temp.pick((SELECT count(*) FROM project), i, 632);

-- Exactly every tenth project, whatever its id.
UPDATE public.projects
SET repository_storage = NULL
FROM project
WHERE project.id = projects.id AND project.rank % 10 = 0;

SELECT setval(pg_get_serial_sequence('public.' || name, 'id'), 5000000000)
FROM unnest(ARRAY['integrations', 'project_events', 'customers', 'issues']) AS name;

ANALYZE public.integrations, public.project_events, public.customers, public.issues, public.projects;
