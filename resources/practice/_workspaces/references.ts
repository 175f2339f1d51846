/** What one part of a desired config says of another: no schema sees it, and the cluster would refuse it, or pass over it. */
import type { KubernetesObject } from './kubernetes-object.ts'

interface Named {
  readonly name: string
}

/** As the schema has it, as far as it is read here. */
interface Pod {
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
  readonly volumes: readonly Named[]
}

interface Container extends Named {
  readonly ports?: readonly Named[]
  readonly volumeMounts: readonly Named[]
  readonly lifecycle?: unknown
}

/** Of a config that the schema accepts. Empty where everything that is named is there, once. */
export function referenceProblems(objects: readonly KubernetesObject[]): readonly string[] {
  const ports = objects
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ spec }) => repeated((spec as { readonly ports: readonly Named[] }).ports, 'Service has two ports'))
  const deployments = objects.filter(({ kind }) => kind === 'Deployment')
  return [...ports, ...deployments.flatMap((deployment) => podProblems(podOf(deployment), hasScripts(objects)))]
}

function podOf({ spec }: KubernetesObject): Pod {
  return (spec as { readonly template: { readonly spec: Pod } }).template.spec
}

function hasScripts(objects: readonly KubernetesObject[]): boolean {
  return objects.some(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-scripts-configmap'))
}

function podProblems({ containers, initContainers, volumes }: Pod, hasScripts: boolean): readonly string[] {
  const all = [...containers, ...initContainers]
  const known = new Set(volumes.map(({ name }) => name))
  return [
    ...repeated(all, 'the pod has two containers'),
    ...repeated(volumes, 'the pod has two volumes'),
    ...all.flatMap(({ name, ports = [], volumeMounts }) => [
      ...repeated(ports, `container ${name} has two ports`),
      ...volumeMounts
        .filter((mount) => !known.has(mount.name))
        .map((mount) => `container ${name} mounts ${mount.name}, which is no volume of the pod`),
    ]),
    ...(hasScripts && containers.every(({ lifecycle }) => lifecycle === undefined)
      ? ['no container runs the scripts: their commands name none that is there']
      : []),
  ]
}

function repeated(items: readonly Named[], what: string): readonly string[] {
  return items
    .filter(({ name }, index) => items.findIndex((item) => item.name === name) !== index)
    .map(({ name }) => `${what} of the name ${name}`)
}
