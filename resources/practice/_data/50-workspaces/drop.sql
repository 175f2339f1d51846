DROP TABLE IF EXISTS remote_development.workspace_agentk_states, remote_development.workspaces,
  remote_development.workspaces_agent_configs, remote_development.cluster_agents;
DROP SCHEMA IF EXISTS remote_development;
