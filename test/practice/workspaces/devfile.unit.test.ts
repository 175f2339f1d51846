import { expect, it } from 'vitest'
import { type Devfile, DevfileError, parseDevfile } from '../../../resources/practice/_workspaces/devfile.ts'

const devfileWith = (text: string): string =>
  `schemaVersion: 2.2.0\ncomponents:\n- name: main\n  container:\n    image: alpine\n${text}`

function environmentOf({ components }: Devfile): readonly string[] {
  return components[0]?.container?.env.map(({ value }) => value) ?? []
}

it('keeps a scalar as the text that it is', () => {
  const scalars = ['1e3', '0o17', '1.10', '12345678901234567890', 'yes', 'true', '2024-01-01', '~']
  const env = scalars.map((value, index) => `    - name: V${String(index)}\n      value: ${value}\n`).join('')

  expect(environmentOf(parseDevfile(devfileWith(`    env:\n${env}`)))).toEqual(scalars)
})

it('takes lists and mappings of which nothing is said for none', () => {
  const { components, events, variables, commands } = parseDevfile(
    `${devfileWith('    env:\n    endpoints: null\n')}events:\nvariables: ~\ncommands:\n`,
  )

  expect(components[0]?.container).toMatchObject({ env: [], endpoints: [], mountSources: true })
  expect([events, variables, commands]).toEqual([{ preStart: [], postStart: [] }, {}, []])
})

it('puts variables into texts, and leaves a name that is none of them', () => {
  const text = `${devfileWith('    args: ["{{ a }}-{{b}}"]\n')}variables:\n  a: "1"\n`

  expect(parseDevfile(text).components[0]?.container?.args).toEqual(['1-{{b}}'])
})

it.each([
  ['aliases of aliases', `metadata:\n${bomb()}variables:\n  x: y\n`],
  ['an alias of itself', 'metadata: &all\n  again: *all\n'],
])('gives up at %s, at once', (_what, text) => {
  expect(() => parseDevfile(`${devfileWith('')}${text}`)).toThrow(
    new DevfileError('has more values than a devfile can have, once its aliases are followed'),
  )
})

/** Nine times nine times nine … values. */
function bomb(): string {
  const lists = Array.from({ length: 10 }, (_, level) => {
    const item = level === 0 ? 'x' : `*l${String(level - 1)}`
    return `  l${String(level)}: &l${String(level)} [${Array.from({ length: 9 }, () => item).join(', ')}]\n`
  })
  return lists.join('')
}

it.each([
  ['two documents', 'a: 1\n---\nb: 2', 'is no YAML: expected a single document in the stream, but found more'],
  ['an unknown tag', 'value: !hunter2 x', 'is no YAML: line 1, unknown tag'],
  ['an unknown alias', 'value: *hunter2', 'is no YAML: line 1, unidentified alias'],
])('says what is wrong with %s, and quotes nothing of it', (_what, text, message) => {
  expect(() => parseDevfile(text)).toThrow(new DevfileError(message))
})
