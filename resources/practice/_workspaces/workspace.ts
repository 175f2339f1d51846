/** What a desired config is made of: one workspace, with the latest configuration of its agent. */
export interface Workspace {
  readonly id: string
  readonly project_id: string
  readonly cluster_agent_id: string
  readonly name: string
  readonly namespace: string
  readonly desired_state: string
  readonly processed_devfile: string
  /** null: the agent has none. */
  readonly config: AgentConfig | null
}

/** `workspaces_agent_configs`, as `to_jsonb` gives it. */
export interface AgentConfig {
  readonly dns_zone: string
  readonly gitlab_workspaces_proxy_namespace: string
  readonly network_policy_enabled: boolean
  readonly network_policy_egress: readonly EgressRule[]
  readonly default_resources_per_workspace_container: Resources
  readonly max_resources_per_workspace: Resources
  readonly allow_privilege_escalation: boolean
  readonly use_kubernetes_user_namespaces: boolean
  readonly default_runtime_class: string
  /** '': each workspace has a namespace of its own. */
  readonly shared_namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly image_pull_secrets: readonly { readonly name: string; readonly namespace: string }[]
}

export interface EgressRule {
  readonly allow: string
  readonly except?: readonly string[]
}

export interface Resources {
  readonly limits?: Amounts
  readonly requests?: Amounts
}

interface Amounts {
  readonly cpu?: string
  readonly memory?: string
}
