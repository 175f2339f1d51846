/** The values that the objects of a workspace share: names, labels, annotations, replicas. */
import { createHash } from 'node:crypto'
import { deepSort } from './deep-sort.ts'
import type { AgentConfig, Resources, Workspace } from './workspace.ts'

type Words = Readonly<Record<string, string>>

export interface ConfigValues {
  readonly name: string
  readonly namespace: string
  /** 1 for a workspace that is to run; every other desired state stops it. */
  readonly replicas: 0 | 1
  readonly config: AgentConfig
  readonly labels: Words
  /** Labels of the pods that a network policy means; none where the namespace is the workspace's own. */
  readonly podSelector: Words
  readonly annotations: Annotations
  readonly workspaceInventory: string
  readonly secretsInventory: string
  readonly scriptsConfigMap: string
  readonly environmentSecret: string
  readonly fileSecret: string
}

interface Annotations {
  /** Of the inventory of the secrets. */
  readonly common: Words
  /** Of the inventory of everything else. */
  readonly workspaceInventory: Words
  /** Of what the agent is sent each time: everything of the workspace but its quota. */
  readonly reconciled: Words
  /** Of what belongs to the workspace and is sent only with everything: the quota. */
  readonly owned: Words
  readonly secrets: Words
}

/** Throws where the agent has no configuration. */
export function configValuesOf(workspace: Workspace): ConfigValues {
  const { id, name, namespace, desired_state: desiredState, cluster_agent_id: agentId, config } = workspace
  if (config === null) throw new Error(`agent ${agentId} has no configuration for workspaces`)
  const own = { 'workspaces.gitlab.com/id': id }
  const isShared = config.shared_namespace !== ''
  const workspaceInventory = `${name}-workspace-inventory`
  const secretsInventory = `${name}-secrets-inventory`
  return {
    name,
    namespace,
    replicas: desiredState === 'Running' ? 1 : 0,
    config,
    labels: deepSort({ ...config.labels, 'agent.gitlab.com/id': agentId, ...(isShared ? own : {}) }),
    podSelector: isShared ? own : {},
    annotations: annotationsOf(workspace, config, { workspaceInventory, secretsInventory }),
    workspaceInventory,
    secretsInventory,
    scriptsConfigMap: `${name}-scripts-configmap`,
    environmentSecret: `${name}-env-var`,
    fileSecret: `${name}-file`,
  }
}

function annotationsOf(
  { id, name }: Workspace,
  config: AgentConfig,
  { workspaceInventory, secretsInventory }: { readonly workspaceInventory: string; readonly secretsInventory: string },
): Annotations {
  const common = {
    ...config.annotations,
    'workspaces.gitlab.com/host-template': `{{.port}}-${name}.${config.dns_zone}`,
    'workspaces.gitlab.com/id': id,
    'workspaces.gitlab.com/max-resources-per-workspace-sha256': digestOf(config.max_resources_per_workspace),
  }
  const partial = { 'workspaces.gitlab.com/include-in-partial-reconciliation': 'true' }
  const owned = { ...common, 'config.k8s.io/owning-inventory': workspaceInventory }
  return deepSort({
    common,
    workspaceInventory: { ...common, ...partial },
    reconciled: { ...owned, ...partial },
    owned,
    secrets: { ...common, 'config.k8s.io/owning-inventory': secretsInventory },
  })
}

/** SHA-256, in hexadecimal digits, of the limits as JSON with sorted keys. */
function digestOf(resources: Resources): string {
  return createHash('sha256')
    .update(JSON.stringify(deepSort(resources)))
    .digest('hex')
}
