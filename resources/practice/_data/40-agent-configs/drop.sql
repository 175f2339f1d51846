-- The stepped migrations of the practice may have made the first two, and dropped the third.
DROP TABLE IF EXISTS public.gitlab_active_context_code_embeddings;
DROP TABLE IF EXISTS public.workspaces_agent_configs;
DROP TABLE IF EXISTS public.remote_development_agent_configs;
DROP FUNCTION IF EXISTS public.remote_development_agent_configs_set_project_id();
DROP TABLE IF EXISTS public.cluster_agents;
