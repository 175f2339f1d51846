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
    expect.stringMatching(/^has \d+ bytes, more than 65536$/),
  ])
})
