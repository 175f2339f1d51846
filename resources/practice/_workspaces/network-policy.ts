import type { ConfigValues } from './config-values.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

/** In: the proxy. Out: name resolution in the cluster, and what the agent's configuration allows. */
export function networkPolicyOf(values: ConfigValues): KubernetesObject {
  const { name, namespace, labels, annotations, podSelector, config } = values
  const inNamespace = (namespace: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  })
  const proxy = {
    ...inNamespace(config.gitlab_workspaces_proxy_namespace),
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'gitlab-workspaces-proxy' } },
  }
  const resolution = {
    ports: [
      { port: 53, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ],
    to: [inNamespace('kube-system')],
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels, annotations: annotations.reconciled },
    spec: {
      podSelector: Object.keys(podSelector).length === 0 ? {} : { matchLabels: podSelector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [proxy] }],
      egress: [
        resolution,
        ...config.network_policy_egress.map(({ allow, except }) => ({ to: [{ ipBlock: { cidr: allow, except } }] })),
      ],
    },
  }
}
