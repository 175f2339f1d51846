import { expect, it } from 'vitest'
import { desiredConfigOf } from '../../../resources/practice/_workspaces/desired-config.ts'
import type { KubernetesObject } from '../../../resources/practice/_workspaces/kubernetes-object.ts'
import { problemsOf } from '../../../resources/practice/_workspaces/validate.ts'
import { SEED_DEVFILE, workspaceOf } from './workspace-of.ts'

const VALID = desiredConfigOf(workspaceOf({}, { max_resources_per_workspace: { limits: { cpu: '2' } } }))

/** The valid config with one of its objects replaced. */
function withObject(index: number, change: (object: KubernetesObject) => unknown): readonly unknown[] {
  return VALID.map((object, at) => (at === index ? change(object) : object))
}

it('accepts all eight kinds, at their places', () => {
  expect([...new Set(VALID.map(({ kind }) => kind))]).toHaveLength(8)
  expect(problemsOf(VALID, 'workspace-2')).toEqual([])
})

it('names the index at which each of two swapped objects must be', () => {
  const [first, second, ...others] = VALID

  expect(problemsOf([second, first, ...others], 'workspace-2')).toEqual([
    'ConfigMap workspace-2-workspace-inventory at index 1 must be at index 0',
    'Deployment workspace-2 at index 0 must be at index 1',
  ])
})

it('names objects that are missing, there twice, or another workspace’s', () => {
  const [first, ...others] = VALID

  expect(problemsOf(others, 'workspace-2')).toEqual([
    'ConfigMap with a name like workspace-2-workspace-inventory is missing',
  ])
  expect(problemsOf([first, ...VALID], 'workspace-2')).toEqual([
    'ConfigMap workspace-2-workspace-inventory at index 1 is unexpected',
  ])
  expect(problemsOf(VALID, 'workspace-3')).toContain('Deployment workspace-2 at index 1 is unexpected')
})

it.each<[string, unknown, string]>([
  ['an empty list', [], '/ must NOT have fewer than 1 items'],
  ['no list', { kind: 'Secret' }, '/ must be array'],
  [
    'an unknown kind',
    withObject(2, (object) => ({ ...object, kind: 'Ingress' })),
    '/2 value of tag "kind" must be in oneOf',
  ],
  [
    'a field too many',
    withObject(2, (object) => ({ ...object, status: {} })),
    '/2 must NOT have additional properties',
  ],
  [
    'a secret with data',
    withObject(9, (object) => ({ ...object, data: { TOKEN: 'eA==' } })),
    '/9/data must NOT have more than 0 properties',
  ],
])('refuses %s', (_, config, problem) => {
  expect(problemsOf(config, 'workspace-2')).toContain(problem)
})

it('refuses names and labels that Kubernetes would refuse', () => {
  for (const name of ['Workspace-2', 'workspace_2', `workspace-${'2'.repeat(34)}`]) {
    expect(problemsOf(desiredConfigOf(workspaceOf({ name })), name)).not.toEqual([])
  }
  const longest = `workspace-${'2'.repeat(33)}`
  expect(problemsOf(desiredConfigOf(workspaceOf({ name: longest })), longest)).toEqual([])
})

it('refuses more than 64 KB', () => {
  const script = `    commandLine: |\n${'      echo "padding"\n'.repeat(3_000)}`
  const devfile = SEED_DEVFILE.replace('    commandLine: |\n', script)

  expect(problemsOf(desiredConfigOf(workspaceOf({ processed_devfile: devfile })), 'workspace-2')).toEqual([
    'has more than 65536 bytes',
  ])
})

it('counts the bytes of the JSON: so many are accepted, one more is not', () => {
  const [inventory, ...others] = VALID
  const filled = (bytes: number): readonly unknown[] => {
    const { metadata } = inventory ?? { metadata: {} }
    // Quotation marks take two bytes each, an umlaut too.
    const annotations = { ...inventory?.metadata.annotations, fill: '' }
    const rest =
      bytes - Buffer.byteLength(JSON.stringify([{ ...inventory, metadata: { ...metadata, annotations } }, ...others]))
    annotations.fill = '"'.repeat(100) + 'ü'.repeat(100) + 'x'.repeat(rest - 400)
    return [{ ...inventory, metadata: { ...metadata, annotations } }, ...others]
  }

  expect(problemsOf(filled(65_536), 'workspace-2')).toEqual([])
  expect(problemsOf(filled(65_537), 'workspace-2')).toEqual(['has more than 65536 bytes'])
})

it('refuses what would be too large to be written down at all, without writing it down', () => {
  const huge = Array.from({ length: 3_000 }, () => 'x'.repeat(200_000))

  expect(problemsOf(huge, 'workspace-2')).toEqual(['has more than 65536 bytes'])
})

it.each(['a\0b', 'a\uD800b'])('refuses the text %j, which jsonb cannot hold', (value) => {
  const config = withObject(0, (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { 'example.com/note': value } },
  }))

  expect(problemsOf(config, 'workspace-2')).toEqual([
    '/0/metadata/annotations/example.com/note holds a character that jsonb cannot hold',
  ])
})

/** The valid config with one text of the devfile replaced. */
function problemsWith(from: string, to: string): readonly string[] {
  const devfile = SEED_DEVFILE.replace(from, to)
  expect(devfile).not.toBe(SEED_DEVFILE)
  return problemsOf(desiredConfigOf(workspaceOf({ processed_devfile: devfile })), 'workspace-2')
}

it('refuses what names something that is not there, or a thing twice', () => {
  expect(problemsWith('- name: gl-workspace-data\n      path', '- name: elsewhere\n      path')).toEqual([
    'container tooling-container mounts elsewhere, which is no volume of the pod',
  ])
  const elsewhere = SEED_DEVFILE.replaceAll('component: tooling-container', 'component: gone')
  expect(problemsOf(desiredConfigOf(workspaceOf({ processed_devfile: elsewhere })), 'workspace-2')).toEqual([
    'no container runs the scripts: their commands name none that is there',
  ])
  expect(problemsWith('- name: ssh-server', '- name: editor-server')).toEqual([
    'Service has two ports of the name editor-server',
    'container tooling-container has two ports of the name editor-server',
  ])
})

it('accepts what Kubernetes accepts', () => {
  const volume = `gl-${'w'.repeat(50)}`
  for (const [from, to] of [
    ['size: 50Gi', 'size: 1Pi'],
    ['memoryLimit: 512Mi', 'memoryLimit: 1e9'],
    ['cpuLimit: 500m', 'cpuLimit: ".5"'],
    ['- name: editor-server', '- name: an-endpoint-of-a-long-name'],
    ['  volume:\n    size: 50Gi', '  volume:\n    ephemeral: true'],
  ] as const)
    expect(problemsWith(from, to)).toEqual([])
  const devfile = SEED_DEVFILE.replaceAll('gl-workspace-data', volume).replaceAll(
    'gl-tools-injector',
    `gl-${'t'.repeat(40)}`,
  )
  expect(problemsOf(desiredConfigOf(workspaceOf({ processed_devfile: devfile })), 'workspace-2')).toEqual([])
})

it('refuses what the cluster would refuse', () => {
  for (const [config, problem] of [
    [{ network_policy_egress: [{ allow: '999.0.0.0/8' }] }, '/ipBlock/cidr must match'],
    [{ labels: { 'not a key!': 'x' } }, '/labels property name must be valid'],
  ] as const)
    expect(problemsOf(desiredConfigOf(workspaceOf({}, config)), 'workspace-2')).toContainEqual(
      expect.stringContaining(problem),
    )
  expect(problemsWith('- name: ssh-server', '- name: "3000"')).toContainEqual(
    expect.stringContaining('/name must match'),
  )
  expect(problemsWith('cpuLimit: 500m', 'cpuLimit: half')).toContainEqual(expect.stringContaining('/cpu must match'))
})
