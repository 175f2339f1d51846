import { dump } from 'js-yaml'
import { expect, it } from 'vitest'
import { desiredConfigOf } from '../../../resources/practice/_workspaces/desired-config.ts'
import { DevfileError } from '../../../resources/practice/_workspaces/devfile.ts'
import { problemsOf } from '../../../resources/practice/_workspaces/validate.ts'
import { SEED_DEVFILE, workspaceOf } from './workspace-of.ts'

type Given = Parameters<typeof workspaceOf>

interface Made {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels: Record<string, string>
    readonly annotations: Record<string, string>
  }
  readonly data?: Record<string, string>
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: Pod } }
}

interface Pod {
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
  readonly [field: string]: unknown
}

interface Container {
  readonly name: string
  readonly resources: unknown
  readonly lifecycle?: { readonly postStart: { readonly exec: { readonly command: readonly string[] } } }
  readonly [field: string]: unknown
}

function made(...given: Given): readonly Made[] {
  return desiredConfigOf(workspaceOf(...given)) as unknown as readonly Made[]
}

function only(objects: readonly Made[], kind: string, suffix = ''): Made {
  const [object, ...others] = objects.filter((each) => each.kind === kind && each.metadata.name.endsWith(suffix))
  if (object === undefined || others.length > 0) throw new Error(`expected one ${kind} ${suffix}`)
  return object
}

const podOf = (...given: Given): Pod => only(made(...given), 'Deployment').spec.template.spec

it('makes of the seed’s devfile the objects of the golden file, and they are valid', async () => {
  const config = desiredConfigOf(
    workspaceOf(
      {},
      {
        labels: { team: 'docs' },
        annotations: { 'example.com/owner': 'platform' },
        max_resources_per_workspace: {
          requests: { memory: '1Gi', cpu: '500m' },
          limits: { memory: '4Gi', cpu: '2' },
        },
        default_resources_per_workspace_container: {
          limits: { cpu: '1500m', memory: '3Gi' },
          requests: { cpu: '200m', memory: '256Mi' },
        },
        image_pull_secrets: [{ name: 'registry', namespace: 'default' }],
      },
    ),
  )

  expect(problemsOf(config, 'workspace-2')).toEqual([])
  await expect(dump(config, { lineWidth: -1, noRefs: true })).toMatchFileSnapshot('desired-config.golden.yaml')
})

it('gives the same text whatever the order of the keys', () => {
  const one = made(
    {},
    { labels: { b: '2', a: '1' }, max_resources_per_workspace: { limits: { cpu: '1', memory: '2Gi' } } },
  )
  const other = made(
    {},
    { labels: { a: '1', b: '2' }, max_resources_per_workspace: { limits: { memory: '2Gi', cpu: '1' } } },
  )

  expect(JSON.stringify(one)).toBe(JSON.stringify(other))
})

it('has one replica for a workspace that is to run, and none for every other state', () => {
  const states = ['Running', 'Stopped', 'Terminated', 'RestartRequested', 'CreationRequested']

  expect(states.map((state) => only(made({ desired_state: state }), 'Deployment').spec.replicas)).toEqual([
    1, 0, 0, 0, 0,
  ])
})

it('gives each object the labels and annotations of its group', () => {
  const objects = made(
    {},
    {
      labels: { team: 'docs' },
      annotations: { owner: 'platform' },
      max_resources_per_workspace: { limits: { cpu: '2' } },
    },
  )
  const partial = 'workspaces.gitlab.com/include-in-partial-reconciliation'
  const owner = 'config.k8s.io/owning-inventory'

  expect(
    objects.map(({ kind, metadata: { name, labels, annotations } }) => [
      `${kind} ${name}`,
      annotations[partial] ?? '-',
      annotations[owner] ?? '-',
      labels['cli-utils.sigs.k8s.io/inventory-id'] ?? '-',
    ]),
  ).toEqual([
    ['ConfigMap workspace-2-workspace-inventory', 'true', '-', 'workspace-2-workspace-inventory'],
    ['Deployment workspace-2', 'true', 'workspace-2-workspace-inventory', '-'],
    ['Service workspace-2', 'true', 'workspace-2-workspace-inventory', '-'],
    ['PersistentVolumeClaim workspace-2-gl-workspace-data', 'true', 'workspace-2-workspace-inventory', '-'],
    ['ServiceAccount workspace-2', 'true', 'workspace-2-workspace-inventory', '-'],
    ['NetworkPolicy workspace-2', 'true', 'workspace-2-workspace-inventory', '-'],
    ['ConfigMap workspace-2-scripts-configmap', 'true', 'workspace-2-workspace-inventory', '-'],
    ['ConfigMap workspace-2-secrets-inventory', '-', '-', 'workspace-2-secrets-inventory'],
    ['ResourceQuota workspace-2', '-', 'workspace-2-workspace-inventory', '-'],
    ['Secret workspace-2-env-var', '-', 'workspace-2-secrets-inventory', '-'],
    ['Secret workspace-2-file', '-', 'workspace-2-secrets-inventory', '-'],
  ])
  for (const { metadata } of objects) {
    expect(metadata.labels).toMatchObject({ team: 'docs', 'agent.gitlab.com/id': '1' })
    expect(metadata.annotations).toMatchObject({
      owner: 'platform',
      'workspaces.gitlab.com/id': '60',
      'workspaces.gitlab.com/host-template': '{{.port}}-workspace-2.workspaces.example.com',
      // printf '{"limits":{"cpu":"2"}}' | sha256sum
      'workspaces.gitlab.com/max-resources-per-workspace-sha256':
        'cfab02634fa19ea8ef6f4ff876452bec4417e34ad2c4efb824037f5ed370af9d',
    })
  }
})

it('tells workspaces of a shared namespace apart by their id, and sets no quota there', () => {
  const max = { limits: { cpu: '2', memory: '4Gi' } }
  const own = made({}, { max_resources_per_workspace: max })
  const shared = made({}, { max_resources_per_workspace: max, shared_namespace: 'workspaces' })

  expect(only(own, 'NetworkPolicy').spec).toMatchObject({ podSelector: {} })
  expect(only(own, 'Deployment').metadata.labels).not.toHaveProperty(['workspaces.gitlab.com/id'])
  expect(only(own, 'ResourceQuota').spec).toEqual({ hard: { 'limits.cpu': '2', 'limits.memory': '4Gi' } })
  expect(only(shared, 'NetworkPolicy').spec).toMatchObject({
    podSelector: { matchLabels: { 'workspaces.gitlab.com/id': '60' } },
  })
  expect(only(shared, 'Deployment').metadata.labels).toMatchObject({ 'workspaces.gitlab.com/id': '60' })
  expect(shared.map(({ kind }) => kind)).not.toContain('ResourceQuota')
})

it('leaves the network policy out where it is disabled, and allows each entry of the egress rules', () => {
  expect(made({}, { network_policy_enabled: false }).map(({ kind }) => kind)).not.toContain('NetworkPolicy')
  const egress = [{ allow: '10.1.0.0/16' }, { allow: '0.0.0.0/0', except: ['10.0.0.0/8'] }]
  expect(only(made({}, { network_policy_egress: egress }), 'NetworkPolicy').spec).toMatchObject({
    egress: [
      {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
      { to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] },
      { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] },
    ],
  })
})

it('secures pod and containers as the agent is configured', () => {
  const plain = podOf()
  const other = podOf(
    {},
    { allow_privilege_escalation: true, use_kubernetes_user_namespaces: true, default_runtime_class: 'gvisor' },
  )

  expect(plain).toMatchObject({
    serviceAccountName: 'workspace-2',
    securityContext: { runAsNonRoot: true, runAsUser: 5001, fsGroup: 0, fsGroupChangePolicy: 'OnRootMismatch' },
  })
  expect(plain).not.toHaveProperty('hostUsers')
  expect(plain).not.toHaveProperty('runtimeClassName')
  expect(other).toMatchObject({ hostUsers: false, runtimeClassName: 'gvisor' })
  for (const [pod, isAllowed] of [
    [plain, false],
    [other, true],
  ] as const) {
    const contexts = [...pod.containers, ...pod.initContainers].map(({ securityContext }) => securityContext)
    const expected = { allowPrivilegeEscalation: isAllowed, privileged: false, runAsNonRoot: true, runAsUser: 5001 }
    expect(contexts).toEqual([expected, expected, expected])
  }
})

it('fills in default resources without overriding those of the devfile', () => {
  const { containers, initContainers } = podOf(
    {},
    { default_resources_per_workspace_container: { limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '1' } } },
  )

  expect(containers[0]?.resources).toEqual({ limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '1' } })
  expect(initContainers[0]?.resources).toEqual({
    limits: { cpu: '500m', memory: '512Mi' },
    requests: { cpu: '100m', memory: '256Mi' },
  })
})

it('runs blocking commands before the others, once one of them is labelled', () => {
  const blocking = SEED_DEVFILE.replace(
    '- id: gl-init-tools-command\n  exec:\n',
    '- id: gl-init-tools-command\n  exec:\n    label: gl-internal-blocking\n',
  )
  const legacy = made()
  const split = made({ processed_devfile: blocking })
  const scripts = (objects: readonly Made[]): Record<string, string> =>
    only(objects, 'ConfigMap', '-scripts-configmap').data ?? {}
  const commands = ['gl-init-tools-command', 'gl-sleep-until-container-is-running-command', 'gl-start-sshd-command']
  const called = (text = ''): readonly (string | undefined)[] =>
    [...text.matchAll(/^"\/workspace-scripts\/(.+)" \|\| true$/gm)].map(([, name]) => name)

  expect(Object.keys(scripts(legacy))).toEqual([commands[0], 'gl-run-poststart-commands.sh', commands[1], commands[2]])
  expect(called(scripts(legacy)['gl-run-poststart-commands.sh'])).toEqual([commands[2], commands[0], commands[1]])
  expect(called(scripts(split)['gl-run-internal-blocking-poststart-commands.sh'])).toEqual([commands[0]])
  expect(called(scripts(split)['gl-run-non-blocking-poststart-commands.sh'])).toEqual([commands[2], commands[1]])
  expect(podOf({ processed_devfile: blocking }).containers[0]?.lifecycle?.postStart.exec.command[2]).toMatch(
    /internal-blocking-poststart-commands\.sh" 1>>.*\n.*non-blocking-poststart-commands\.sh" 1>>.* &\n$/,
  )
})

it('runs two scripts as soon as any command is labelled, also one that no event names', () => {
  const labelled = SEED_DEVFILE.replace(
    'commands:\n',
    'commands:\n- id: unused\n  exec:\n    label: gl-internal-blocking\n    commandLine: "true"\n    component: tooling-container\n',
  )

  expect(
    Object.keys(only(made({ processed_devfile: labelled }), 'ConfigMap', '-scripts-configmap').data ?? {}),
  ).toEqual([
    'gl-init-tools-command',
    'gl-run-internal-blocking-poststart-commands.sh',
    'gl-run-non-blocking-poststart-commands.sh',
    'gl-sleep-until-container-is-running-command',
    'gl-start-sshd-command',
  ])
})

it('has neither scripts nor hook where no command runs after the start', () => {
  const without = SEED_DEVFILE.replace(/ {2}postStart:\n( {2}- .*\n)+/, '')
  const objects = made({ processed_devfile: without })

  expect(objects.map(({ metadata }) => metadata.name)).not.toContain('workspace-2-scripts-configmap')
  expect(JSON.stringify(objects)).not.toMatch(/workspace-scripts|lifecycle/)
})

it('puts the variables of the devfile in their places', () => {
  const devfile = SEED_DEVFILE.replace('variables: {}', 'variables:\n  tag: "22.04"').replace(':22.04', ':{{tag}}')

  expect(made({ processed_devfile: devfile })).toEqual(made())
})

it.each([
  ['is no YAML', `${SEED_DEVFILE}\n  - [`],
  ['is empty', ''],
  ['has a port that is none', SEED_DEVFILE.replace('targetPort: 60001', 'targetPort: editor')],
  ['names a command that is not there', SEED_DEVFILE.replace('- gl-start-sshd-command', '- gone')],
  ['executes before the start', SEED_DEVFILE.replace('preStart:\n', 'preStart:\n  - gl-init-tools-command\n')],
  ['has a command id that is no file name', SEED_DEVFILE.replaceAll('gl-start-sshd-command', '../sshd')],
])('throws where the devfile %s', (_, devfile) => {
  expect(devfile).not.toBe(SEED_DEVFILE)
  expect(() => made({ processed_devfile: devfile })).toThrow(DevfileError)
})

it('throws where the agent has no configuration', () => {
  expect(() => made({ config: null })).toThrow('agent 1 has no configuration for workspaces')
})
