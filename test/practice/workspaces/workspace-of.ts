/** The workspace of the seed, and its agent's configuration, with whatever a test wants otherwise. */
import { readFileSync } from 'node:fs'
import type { AgentConfig, Workspace } from '../../../resources/practice/_workspaces/workspace.ts'

/** `processed_devfile` of the workspace that the original merge request inserts, whole. */
export const SEED_DEVFILE = readFileSync(new URL('processed-devfile.yaml', import.meta.url), 'utf8')

function configOf(config: Partial<AgentConfig> = {}): AgentConfig {
  return {
    dns_zone: 'workspaces.example.com',
    gitlab_workspaces_proxy_namespace: 'gitlab-workspaces',
    network_policy_enabled: true,
    network_policy_egress: [{ allow: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] }],
    default_resources_per_workspace_container: {},
    max_resources_per_workspace: {},
    allow_privilege_escalation: false,
    use_kubernetes_user_namespaces: false,
    default_runtime_class: '',
    shared_namespace: '',
    labels: {},
    annotations: {},
    image_pull_secrets: [],
    ...config,
  }
}

export function workspaceOf(workspace: Partial<Workspace> = {}, config: Partial<AgentConfig> = {}): Workspace {
  return {
    id: '60',
    project_id: '60',
    cluster_agent_id: '1',
    name: 'workspace-2',
    // As the seed has it, with characters that Kubernetes would refuse.
    namespace: 'workspace_2_namespace',
    desired_state: 'Running',
    processed_devfile: SEED_DEVFILE,
    config: configOf(config),
    ...workspace,
  }
}
