-- Fills cluster_agents and remote_development_agent_configs: a tenth of the practice rows, at least 20. Run in one
-- transaction after
--   SELECT set_config('practice.rows', '200000', true)
-- Deterministic. Every 50th config has lost its agent, and every 20th an old project_id: the agent has moved since.

SET LOCAL jit = off;

INSERT INTO public.cluster_agents (id, project_id, name)
SELECT 100 + i, 1 + (hashint8extended(i, 41) & 65535), 'agent-' || i
FROM generate_series(1, greatest(20, coalesce(nullif(current_setting('practice.rows', true), ''), '200000')::bigint / 10)) AS i
WHERE i % 50 <> 0;

-- The trigger would look up each agent by itself, and every 20th row is to be out of date.
ALTER TABLE public.remote_development_agent_configs DISABLE TRIGGER USER;

INSERT INTO public.remote_development_agent_configs
  (created_at, updated_at, cluster_agent_id, enabled, dns_zone, network_policy_enabled, workspaces_quota, project_id)
SELECT timestamptz '2024-01-01' + i * interval '1 minute', timestamptz '2024-06-01' + i * interval '1 minute', 100 + i,
  i % 3 <> 0, 'workspaces-' || i || '.example.com', i % 7 <> 0, CASE WHEN i % 5 = 0 THEN 20 ELSE -1 END,
  CASE WHEN i % 20 = 0 THEN 1 ELSE a.project_id END
FROM generate_series(1, greatest(20, coalesce(nullif(current_setting('practice.rows', true), ''), '200000')::bigint / 10)) AS i
LEFT JOIN public.cluster_agents AS a ON a.id = 100 + i;

ALTER TABLE public.remote_development_agent_configs ENABLE TRIGGER USER;

SELECT setval('public.cluster_agents_id_seq', (SELECT max(id) FROM public.cluster_agents));

ANALYZE public.cluster_agents, public.remote_development_agent_configs;
