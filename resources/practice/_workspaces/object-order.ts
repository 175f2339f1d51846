/** The order in which the agent applies a workspace's objects. */
import type { KubernetesObject } from './kubernetes-object.ts'

interface Place {
  readonly kind: string
  /** What follows the workspace's name in the object's. */
  readonly suffix: RegExp
  readonly isOptional: boolean
  /** More than one object may stand here. */
  readonly isRepeated: boolean
}

const PLACES: readonly Place[] = [
  place('ConfigMap', /^-workspace-inventory$/),
  place('Deployment', /^$/),
  place('Service', /^$/),
  // One for each volume of the devfile that is kept, if there is any.
  { ...place('PersistentVolumeClaim', /^-.+$/), isOptional: true, isRepeated: true },
  place('ServiceAccount', /^$/),
  { ...place('NetworkPolicy', /^$/), isOptional: true },
  { ...place('ConfigMap', /^-scripts-configmap$/), isOptional: true },
  place('ConfigMap', /^-secrets-inventory$/),
  { ...place('ResourceQuota', /^$/), isOptional: true },
  place('Secret', /^-env-var$/),
  place('Secret', /^-file$/),
]

/** What is missing, unexpected, or not at its index; empty where the order is right. */
export function orderProblems(objects: readonly KubernetesObject[], workspaceName: string): readonly string[] {
  const seen = new Set<number>()
  const problems: string[] = []
  const placed = objects.flatMap((object, index) => {
    const at = PLACES.findIndex((each) => isAt(each, object, workspaceName))
    const isTaken = seen.has(at) && PLACES[at]?.isRepeated !== true
    if (at === -1 || isTaken) {
      problems.push(`${words(object)} at index ${String(index)} is unexpected`)
      return []
    }
    seen.add(at)
    return [{ object, index, at }]
  })
  PLACES.forEach(({ kind, suffix, isOptional }, at) => {
    if (!isOptional && !seen.has(at))
      problems.push(`${kind} with a name like ${workspaceName}${plain(suffix)} is missing`)
  })
  // Indexes mean something only where every object has a place.
  if (problems.length > 0) return problems
  return placed
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ object, index }, expected) =>
      index === expected ? [] : [`${words(object)} at index ${String(index)} must be at index ${String(expected)}`],
    )
}

function place(kind: string, suffix: RegExp): Place {
  return { kind, suffix, isOptional: false, isRepeated: false }
}

function isAt({ kind, suffix }: Place, object: KubernetesObject, workspaceName: string): boolean {
  const { name } = object.metadata
  return object.kind === kind && name.startsWith(workspaceName) && suffix.test(name.slice(workspaceName.length))
}

function plain(suffix: RegExp): string {
  return suffix.source.replaceAll(/[\^$]/g, '').replace('.+', '…')
}

function words({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`
}
