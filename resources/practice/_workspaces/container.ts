/** A container of the workspace's pod: what the devfile says, and what every workspace adds to it. */
import type { ConfigValues } from './config-values.ts'
import { type Devfile, type DevfileContainer, DevfileError } from './devfile.ts'
import type { Resources } from './workspace.ts'

export const USER = 5001
export const VARIABLES_VOLUME = 'gl-workspace-variables'
export const VARIABLES_PATH = '/.workspace-data/variables/file'

/** Kubernetes' limit for the name of a port. */
const PORT_NAME_LENGTH = 15

interface Port {
  readonly name: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
}

export function containerOf(devfile: Devfile, component: string): DevfileContainer {
  const found = devfile.components.find(({ name }) => name === component)?.container
  if (found === undefined) throw new DevfileError(`components: there is no container "${component}"`)
  return found
}

interface Named {
  readonly name: string
  readonly container: DevfileContainer
  /** Beside those of the devfile. */
  readonly mounts: readonly { readonly name: string; readonly path: string }[]
}

export function kubernetesContainer(
  { name, container, mounts }: Named,
  { config, environmentSecret }: ConfigValues,
): Readonly<Record<string, unknown>> {
  const { image, command, args, env, mountSources, sourceMapping, volumeMounts } = container
  const sources = mountSources
    ? [
        { name: 'PROJECTS_ROOT', value: sourceMapping },
        { name: 'PROJECT_SOURCE', value: sourceMapping },
      ]
    : []
  const own = new Set(env.map((variable) => variable.name))
  const ports = portsOf([container.endpoints])
  return {
    name,
    image,
    imagePullPolicy: 'Always',
    command,
    args,
    env: [...env, ...sources.filter((variable) => !own.has(variable.name))],
    envFrom: [{ secretRef: { name: environmentSecret } }],
    ...(ports.length === 0
      ? {}
      : { ports: ports.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol })) }),
    resources: resourcesOf(container, config.default_resources_per_workspace_container),
    volumeMounts: [
      // The devfile's own default: a volume without a path is mounted under its name.
      ...volumeMounts.map(({ name, path = `/${name}` }) => ({ name, mountPath: path })),
      { name: VARIABLES_VOLUME, mountPath: VARIABLES_PATH },
      ...mounts.map(({ name, path }) => ({ name, mountPath: path })),
    ],
    securityContext: {
      allowPrivilegeEscalation: config.allow_privilege_escalation,
      privileged: false,
      runAsNonRoot: true,
      runAsUser: USER,
    },
  }
}

/** Each port once, under the name of the first endpoint that has it; one that is too long would be another's if it were cut. */
export function portsOf(endpoints: readonly DevfileContainer['endpoints'][]): readonly Port[] {
  const ports = new Map<string, Port>()
  for (const { name, targetPort: port, protocol: application } of endpoints.flat()) {
    const protocol = application === 'udp' ? 'UDP' : 'TCP'
    const key = `${String(port)}/${protocol}`
    if (ports.has(key)) continue
    ports.set(key, { name: name.length > PORT_NAME_LENGTH ? `port-${String(port)}` : name, port, protocol })
  }
  return [...ports.values()]
}

/** The devfile's own amounts win over the agent's defaults. */
function resourcesOf({ cpuLimit, memoryLimit, cpuRequest, memoryRequest }: DevfileContainer, defaults: Resources) {
  return {
    limits: { ...defaults.limits, ...present({ cpu: cpuLimit, memory: memoryLimit }) },
    requests: { ...defaults.requests, ...present({ cpu: cpuRequest, memory: memoryRequest }) },
  }
}

function present(amounts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined))
}
