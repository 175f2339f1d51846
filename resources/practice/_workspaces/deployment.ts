import type { ConfigValues } from './config-values.ts'
import { containerOf, kubernetesContainer, USER, VARIABLES_VOLUME } from './container.ts'
import { appliedBeforeStart, type Devfile, executedAfterStart } from './devfile.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { postStartHook, SCRIPTS_PATH, SCRIPTS_VOLUME } from './scripts.ts'

/** Modes of files, as Kubernetes writes them: decimal. */
const VARIABLES_MODE = 0o774
const SCRIPTS_MODE = 0o555

export function deploymentOf(devfile: Devfile, values: ConfigValues): KubernetesObject {
  const { name, namespace, replicas, labels, annotations } = values
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: annotations.reconciled },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      // The volume can be mounted once only: the old pod goes before the new one comes.
      strategy: { type: 'Recreate' },
      template: {
        metadata: { name, namespace, labels, annotations: annotations.reconciled },
        spec: podSpec(devfile, values),
      },
    },
  }
}

function podSpec(devfile: Devfile, values: ConfigValues): Readonly<Record<string, unknown>> {
  const { config, name } = values
  return {
    containers: mainContainers(devfile, values),
    initContainers: initContainers(devfile, values),
    volumes: volumesOf(devfile, values),
    serviceAccountName: name,
    securityContext: { runAsNonRoot: true, runAsUser: USER, fsGroup: 0, fsGroupChangePolicy: 'OnRootMismatch' },
    // A pod gets a user namespace of its own by not having the host's.
    ...(config.use_kubernetes_user_namespaces ? { hostUsers: false } : {}),
    ...(config.default_runtime_class === '' ? {} : { runtimeClassName: config.default_runtime_class }),
  }
}

/** The containers that no event applies. Those in which a postStart command runs get the hook. */
function mainContainers(devfile: Devfile, values: ConfigValues): readonly object[] {
  const applied = new Set(appliedBeforeStart(devfile).map(({ component }) => component))
  const commands = executedAfterStart(devfile)
  return devfile.components.flatMap(({ name, container }) => {
    if (container === undefined || applied.has(name)) return []
    const mounts = commands.length === 0 ? [] : [{ name: SCRIPTS_VOLUME, path: SCRIPTS_PATH }]
    const made = kubernetesContainer({ name, container, mounts }, values)
    if (!commands.some(({ component }) => component === name)) return [made]
    const hook = { exec: { command: ['/bin/sh', '-c', postStartHook(devfile)] } }
    return [{ ...made, lifecycle: { postStart: hook } }]
  })
}

/** Numbered, because two events may apply the same component; a number fits behind so many characters. */
const INIT_NAME_LENGTH = 55

function initContainers(devfile: Devfile, values: ConfigValues): readonly object[] {
  return appliedBeforeStart(devfile).map(({ commandId, component }, index) => {
    const name = `${component}-${commandId}`.slice(0, INIT_NAME_LENGTH).replace(/-+$/, '')
    const container = containerOf(devfile, component)
    return kubernetesContainer({ name: `${name}-${String(index + 1)}`, container, mounts: [] }, values)
  })
}

function volumesOf(devfile: Devfile, { name, fileSecret, scriptsConfigMap }: ConfigValues): readonly object[] {
  const own = devfile.components.flatMap<object>(({ name: component, volume }) => {
    if (volume === undefined) return []
    if (volume.ephemeral) return [{ name: component, emptyDir: { sizeLimit: volume.size } }]
    return [{ name: component, persistentVolumeClaim: { claimName: `${name}-${component}` } }]
  })
  const variables = projected(VARIABLES_VOLUME, VARIABLES_MODE, { secret: { name: fileSecret } })
  const scripts = projected(SCRIPTS_VOLUME, SCRIPTS_MODE, { configMap: { name: scriptsConfigMap } })
  return [...own, variables, ...(devfile.events.postStart.length === 0 ? [] : [scripts])]
}

function projected(name: string, defaultMode: number, source: object): object {
  return { name, projected: { defaultMode, sources: [source] } }
}
