/** The objects that a workspace consists of in its cluster, in the order in which the agent applies them. */
import { type ConfigValues, configValuesOf } from './config-values.ts'
import { portsOf } from './container.ts'
import { deepSort } from './deep-sort.ts'
import { deploymentOf } from './deployment.ts'
import { appliedBeforeStart, type Devfile, executedAfterStart, parseDevfile } from './devfile.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { networkPolicyOf } from './network-policy.ts'
import { scriptsConfigMap } from './scripts.ts'
import type { Workspace } from './workspace.ts'

/** The same workspace always gives the same text. Throws where the devfile cannot be read or the agent has no configuration. */
export function desiredConfigOf(workspace: Workspace): readonly KubernetesObject[] {
  const values = configValuesOf(workspace)
  const devfile = parseDevfile(workspace.processed_devfile)
  const commands = executedAfterStart(devfile)
  return deepSort([
    inventoryOf(values.workspaceInventory, values.annotations.workspaceInventory, values),
    deploymentOf(devfile, values),
    serviceOf(devfile, values),
    ...volumeClaimsOf(devfile, values),
    serviceAccountOf(values),
    ...(values.config.network_policy_enabled ? [networkPolicyOf(values)] : []),
    ...(commands.length === 0 ? [] : [scriptsConfigMap(devfile, values)]),
    inventoryOf(values.secretsInventory, values.annotations.common, values),
    ...quotaOf(values),
    secretOf(values.environmentSecret, values),
    secretOf(values.fileSecret, values),
  ])
}

type Words = Readonly<Record<string, string>>

/** By its id the agent knows which objects are the workspace's own, and prunes what is no longer among them. */
function inventoryOf(name: string, annotations: Words, { namespace, labels }: ConfigValues): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { ...labels, 'cli-utils.sigs.k8s.io/inventory-id': name }, annotations },
  }
}

function serviceOf(devfile: Devfile, { name, namespace, labels, annotations }: ConfigValues): KubernetesObject {
  const applied = new Set(appliedBeforeStart(devfile).map(({ component }) => component))
  const reachable = devfile.components
    .filter((component) => !applied.has(component.name))
    .map(({ container }) => (container?.endpoints ?? []).filter(({ exposure }) => exposure !== 'none'))
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels, annotations: annotations.reconciled },
    spec: {
      ports: portsOf(reachable).map(({ name, port, protocol }) => ({
        ...{ name, port, targetPort: port },
        // TCP where nothing is said.
        protocol: protocol === 'UDP' ? protocol : undefined,
      })),
      selector: labels,
    },
  }
}

function volumeClaimsOf(
  devfile: Devfile,
  { name, namespace, labels, annotations }: ConfigValues,
): readonly KubernetesObject[] {
  return devfile.components.flatMap(({ name: component, volume }) => {
    if (volume === undefined || volume.ephemeral) return []
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: `${name}-${component}`, namespace, labels, annotations: annotations.reconciled },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: volume.size } } },
      },
    ]
  })
}

function serviceAccountOf({ name, namespace, labels, annotations, config }: ConfigValues): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels, annotations: annotations.reconciled },
    automountServiceAccountToken: false,
    imagePullSecrets: config.image_pull_secrets.map((secret) => ({ name: secret.name })),
  }
}

/** Workspaces that share a namespace would share the quota, too: there it is left out. */
function quotaOf({ name, namespace, labels, annotations, config }: ConfigValues): readonly KubernetesObject[] {
  const { limits = {}, requests = {} } = config.max_resources_per_workspace
  const hard = {
    'limits.cpu': limits.cpu,
    'limits.memory': limits.memory,
    'requests.cpu': requests.cpu,
    'requests.memory': requests.memory,
  }
  if (config.shared_namespace !== '' || Object.values(hard).every((amount) => amount === undefined)) return []
  return [
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name, namespace, labels, annotations: annotations.owned },
      spec: { hard },
    },
  ]
}

/** Empty: what is secret is added when the agent is sent it, and is never stored here. */
function secretOf(name: string, { namespace, labels, annotations }: ConfigValues): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels, annotations: annotations.secrets },
    data: {},
  }
}
