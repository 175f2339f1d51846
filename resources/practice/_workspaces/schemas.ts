/** JSON Schema (2020-12) of a desired config: what the agent's cluster would refuse, for the eight kinds that we make. */
const label = { type: 'string', maxLength: 63, pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$' }
// A name of at most 63 characters, behind the domain of whoever gave it, if that is said.
const qualifiedName = {
  type: 'string',
  pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$',
}
const labels = { type: 'object', propertyNames: qualifiedName, additionalProperties: label }
const dnsLabel = { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }
const serviceName = { type: 'string', maxLength: 63, pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$' }
const dnsSubdomain = { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' }
const quantity = {
  type: 'string',
  pattern: '^([0-9]+\\.?[0-9]*|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$',
}
// A letter, and no two hyphens in a row.
const portName = { type: 'string', maxLength: 15, pattern: '^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }
const byte = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const cidr = {
  type: 'string',
  anyOf: [
    { pattern: `^(${byte}\\.){3}${byte}/(3[0-2]|[12]?[0-9])$` },
    { pattern: '^(?=.*:)[0-9a-fA-F:.]{2,45}/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$' },
  ],
}
const portNumber = { type: 'integer', minimum: 1, maximum: 65_535 }
const mode = { type: 'integer', minimum: 0, maximum: 0o777 }

export const desiredConfigSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['kind'],
    // Together with the constant kinds this is anyOf, with an error that speaks of the object's own kind only.
    discriminator: { propertyName: 'kind' },
    oneOf: [
      kind('v1', 'ConfigMap', {
        name: '-(workspace-inventory|secrets-inventory|scripts-configmap)$',
        optional: { data: { type: 'object', propertyNames: dataKey(), additionalProperties: { type: 'string' } } },
      }),
      kind('apps/v1', 'Deployment', { required: { spec: deploymentSpec() } }),
      kind('v1', 'Service', {
        nameOf: serviceName,
        required: {
          spec: closed({
            selector: labels,
            ports: list(
              closed({ name: portName, port: portNumber, targetPort: portNumber }, { protocol: { const: 'UDP' } }),
              1,
            ),
          }),
        },
      }),
      kind('v1', 'PersistentVolumeClaim', {
        required: {
          spec: closed({
            accessModes: { const: ['ReadWriteOnce'] },
            resources: closed({ requests: closed({ storage: quantity }) }),
          }),
        },
      }),
      kind('v1', 'ServiceAccount', {
        required: {
          automountServiceAccountToken: { const: false },
          imagePullSecrets: list(closed({ name: dnsSubdomain })),
        },
      }),
      kind('networking.k8s.io/v1', 'NetworkPolicy', {
        required: {
          spec: closed({
            podSelector: { type: 'object' },
            policyTypes: { const: ['Ingress', 'Egress'] },
            ingress: list({ type: 'object', required: ['from'] }, 1),
            egress: list(egressRule(), 1),
          }),
        },
      }),
      kind('v1', 'ResourceQuota', {
        required: { spec: closed({ hard: { type: 'object', minProperties: 1, additionalProperties: quantity } }) },
      }),
      kind('v1', 'Secret', { name: '-(env-var|file)$', required: { data: { type: 'object', maxProperties: 0 } } }),
    ],
  },
}

interface Fields {
  /** What any name of its kind matches. */
  readonly nameOf?: object
  /** What the object's name must also match. */
  readonly name?: string
  readonly required?: Readonly<Record<string, object>>
  readonly optional?: Readonly<Record<string, object>>
}

function kind(apiVersion: string, name: string, fields: Fields): object {
  const { nameOf = dnsSubdomain, name: pattern = '', required = {}, optional = {} } = fields
  const metadata = closed({
    name: { allOf: [nameOf, { type: 'string', pattern }] },
    // Whoever makes namespaces answers for their names: the application has some that Kubernetes would refuse.
    namespace: { type: 'string', minLength: 1 },
    labels,
    annotations: { type: 'object', propertyNames: qualifiedName, additionalProperties: { type: 'string' } },
  })
  return {
    type: 'object',
    properties: { apiVersion: { const: apiVersion }, kind: { const: name }, metadata, ...required, ...optional },
    required: ['apiVersion', 'kind', 'metadata', ...Object.keys(required)],
    additionalProperties: false,
  }
}

function deploymentSpec(): object {
  const template = closed({
    metadata: { type: 'object', required: ['labels'] },
    spec: {
      type: 'object',
      required: ['containers', 'initContainers', 'volumes', 'serviceAccountName', 'securityContext'],
      properties: {
        containers: list(container(), 1),
        initContainers: list(container()),
        volumes: list(volume()),
        serviceAccountName: dnsSubdomain,
        runtimeClassName: dnsSubdomain,
        hostUsers: { type: 'boolean' },
        securityContext: closed({
          runAsNonRoot: { const: true },
          runAsUser: { const: 5001 },
          fsGroup: { const: 0 },
          fsGroupChangePolicy: { const: 'OnRootMismatch' },
        }),
      },
      additionalProperties: false,
    },
  })
  return closed({
    replicas: { enum: [0, 1] },
    selector: closed({ matchLabels: labels }),
    strategy: closed({ type: { const: 'Recreate' } }),
    template,
  })
}

function container(): object {
  const amounts = { type: 'object', properties: { cpu: quantity, memory: quantity }, additionalProperties: false }
  const port = closed({ name: portName, containerPort: portNumber, protocol: { enum: ['TCP', 'UDP'] } })
  return {
    type: 'object',
    required: ['name', 'image', 'env', 'envFrom', 'resources', 'volumeMounts', 'securityContext'],
    properties: {
      name: dnsLabel,
      image: { type: 'string', minLength: 1 },
      imagePullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      command: list({ type: 'string' }),
      args: list({ type: 'string' }),
      env: list(closed({ name: { type: 'string', minLength: 1 }, value: { type: 'string' } })),
      envFrom: list({ type: 'object' }),
      ports: list(port),
      resources: closed({ limits: amounts, requests: amounts }),
      volumeMounts: list(closed({ name: dnsLabel, mountPath: { type: 'string', pattern: '^/' } })),
      lifecycle: { type: 'object', required: ['postStart'] },
      securityContext: closed({
        allowPrivilegeEscalation: { type: 'boolean' },
        privileged: { const: false },
        runAsNonRoot: { const: true },
        runAsUser: { const: 5001 },
      }),
    },
    additionalProperties: false,
  }
}

function volume(): object {
  return {
    type: 'object',
    required: ['name'],
    properties: {
      name: dnsLabel,
      persistentVolumeClaim: closed({ claimName: dnsSubdomain }),
      emptyDir: { type: 'object' },
      projected: closed({ defaultMode: mode, sources: list({ type: 'object' }, 1) }),
    },
    // Its name and its one source.
    minProperties: 2,
    maxProperties: 2,
    additionalProperties: false,
  }
}

function egressRule(): object {
  const block = {
    type: 'object',
    properties: { cidr, except: list(cidr) },
    required: ['cidr'],
    additionalProperties: false,
  }
  const to = { type: 'object', properties: { ipBlock: block, namespaceSelector: { type: 'object' } }, minProperties: 1 }
  return { type: 'object', required: ['to'], properties: { to: list(to, 1), ports: list({ type: 'object' }) } }
}

/** An object with exactly these fields, and those that it may have. */
function closed(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  const properties = { ...required, ...optional }
  return { type: 'object', properties, required: Object.keys(required), additionalProperties: false }
}

function list(items: object, minItems = 0): object {
  return { type: 'array', items, minItems }
}

function dataKey(): object {
  return { type: 'string', maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' }
}
