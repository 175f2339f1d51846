import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isSql } from '../../src/shared/sql.ts'
import { openCatalogue } from '../../src/catalogue/loader.ts'
import { definitionText, open, openFiles, writeCatalogue, writeFiles } from './open-fixture.ts'

/** Typed, where Vitest's own matcher is any. */
const containing = (text: string): unknown => expect.stringContaining(text)

const ROUTES = fileURLToPath(new URL('../fixtures/catalogues/routes', import.meta.url))

describe('openCatalogue', () => {
  it('finds the definitions of every folder by their job class names', async () => {
    const catalogue = await open(ROUTES)

    expect(catalogue.broken).toEqual([])
    expect(catalogue.list().map(({ definition, file }) => [definition.jobClassName, file])).toEqual([
      ['BackfillRouteNamespaceId', 'backfill_route_namespace_id.ts'],
      ['RemoteDevelopment::BackfillAgentkStates', 'workspaces/backfill_agentk_states.ts'],
      ['SeveralStatements', 'several_statements.ts'],
    ])
    expect(catalogue.requiredStops).toEqual(['17.5', '17.8'])
    expect(Object.keys(catalogue.find('BackfillRouteNamespaceId')?.files ?? {})).toEqual([
      'backfill_route_namespace_id.ts',
      '_shared/conditions.ts',
    ])
    expect(catalogue.find('Unknown')).toBeUndefined()
  })

  it('gives definitions the API of this very process', async () => {
    const { definitions } = await openFiles({ 'a.ts': definitionText('A') })

    const perform = definitions[0]?.definition.perform
    if (typeof perform !== 'function') throw new Error('expected a function')
    // @ts-expect-error -- this one ignores its context
    expect(isSql(perform({}))).toBe(true)
  })

  it('passes over tests, declarations, helpers, hidden folders and other files', async () => {
    const garbage = 'this is not a module'
    const { definitions, broken } = await openFiles({
      'a.ts': definitionText('A'),
      'a.test.ts': garbage,
      'types.d.ts': garbage,
      'notes.md': garbage,
      'script.js': garbage,
      'deep/_helpers/x.ts': garbage,
      'deep/_helpers/deeper/x.ts': garbage,
      'node_modules/x/index.ts': garbage,
      '.git/x.ts': garbage,
    })

    expect(broken).toEqual([])
    expect(definitions.map(({ file }) => file)).toEqual(['a.ts'])
  })

  it('accepts an empty folder', async () => {
    const { definitions, broken, requiredStops } = await openFiles({})

    expect({ definitions, broken, requiredStops }).toEqual({ definitions: [], broken: [], requiredStops: [] })
  })

  it('refuses a folder that is missing and one that is a file', async () => {
    const root = writeCatalogue({ 'a.ts': '' })

    await expect(openCatalogue(join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'catalogue_missing',
      message: containing('there is no such folder'),
    })
    await expect(openCatalogue(join(root, 'a.ts'))).rejects.toMatchObject({
      code: 'catalogue_missing',
      message: containing('it is a file; expected a folder'),
    })
  })

  it.skipIf(process.getuid?.() === 0)(
    'refuses a folder, and lists a file and a subfolder, that it may not read',
    async () => {
      const root = writeCatalogue({
        'a.ts': definitionText('A'),
        'b.ts': definitionText('B'),
        'c/d.ts': definitionText('D'),
      })
      chmodSync(join(root, 'b.ts'), 0)
      chmodSync(join(root, 'c'), 0)

      const { definitions, broken } = await open(root)
      expect(definitions.map(({ file }) => file)).toEqual(['a.ts'])
      expect(broken.map(({ file, code }) => [file, code])).toEqual([
        ['b.ts', 'definition_invalid'],
        ['c', 'definition_invalid'],
      ])

      chmodSync(root, 0)
      await expect(openCatalogue(root)).rejects.toMatchObject({ code: 'catalogue_missing' })
      chmodSync(root, 0o700)
      chmodSync(join(root, 'c'), 0o700)
    },
  )

  it('sees an edit of a definition and of a helper when it is opened again', async () => {
    const helper = (value: number): string => `export const size: number = ${String(value)}\n`
    const text = definitionText('A', {
      head: "import { size } from './_lib/size.ts'\n",
      fields: 'batchSize: size, subBatchSize: 1,',
    })
    const root = writeCatalogue({ 'a.ts': text, '_lib/size.ts': helper(10) })
    const before = await open(root)
    writeFiles(root, { '_lib/size.ts': helper(20) })
    const after = await open(root)
    writeFiles(root, { '_lib/size.ts': helper(10) })
    const again = await open(root)

    const [first, second, third] = [before, after, again].map(({ definitions }) => definitions[0])
    expect([first, second, third].map((loaded) => loaded?.definition.batchSize)).toEqual([10, 20, 10])
    expect(first?.hash).not.toBe(second?.hash)
    expect(first?.hash).toBe(third?.hash)
  })

  it('runs a helper once for all definitions that import it', async () => {
    const head = "import { next } from './_lib/counter.ts'\n"
    const { definitions } = await openFiles({
      '_lib/counter.ts': 'let count = 0\nexport const next = (): number => (count += 1)\n',
      'a.ts': definitionText('A', { head, fields: 'pauseMs: next(),' }),
      'b.ts': definitionText('B', { head, fields: 'pauseMs: next(),' }),
    })

    expect(definitions.map(({ definition }) => definition.pauseMs)).toEqual([1, 2])
  })

  it('loads paths with spaces and signs, a byte order mark and CRLF', async () => {
    const crlf = definitionText('A', {
      head: "import { name } from './_hül fe/a #1?%20 b.ts'\nexport const used = name\n",
    })
    const { definitions, broken } = await openFiles({
      'ordner mit #?%41&ü/ä b#c?d%.ts': definitionText('B'),
      'a.ts': `\uFEFF${crlf.replaceAll('\n', '\r\n')}`,
      '_hül fe/a #1?%20 b.ts': "export const name: string = 'x'\n",
    })

    expect(broken).toEqual([])
    expect(definitions.map(({ file }) => file)).toEqual(['a.ts', 'ordner mit #?%41&ü/ä b#c?d%.ts'])
  })

  it('reads a URL-encoded relative import as its path too', async () => {
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head: "import './_lib/a%20b.ts'\n" }),
      '_lib/a b.ts': 'export {}\n',
    })

    expect(broken).toEqual([])
  })

  it('is not caught in loops of links and lists links that lead out', async () => {
    const outside = writeCatalogue({ 'x.ts': definitionText('X') })
    const root = writeCatalogue({ 'a.ts': definitionText('A'), 'inner/b.ts': definitionText('B') })
    symlinkSync(root, join(root, 'inner/loop'))
    symlinkSync(join(root, 'inner'), join(root, 'again'))
    symlinkSync(outside, join(root, 'elsewhere'))
    symlinkSync(join(outside, 'x.ts'), join(root, 'x.ts'))
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling.ts'))

    const { definitions, broken } = await open(root)

    expect(definitions.map(({ file }) => file)).toEqual(['a.ts', 'inner/b.ts'])
    expect(broken.map(({ file, code }) => [file, code])).toEqual([
      ['dangling.ts', 'definition_invalid'],
      ['elsewhere', 'definition_import'],
      ['x.ts', 'definition_import'],
    ])
  })

  it('opens through a link to the folder', async () => {
    const root = writeCatalogue({
      'real/a.ts': definitionText('A', { head: "import './_lib/x.ts'\n" }),
      'real/_lib/x.ts': '',
    })
    symlinkSync(join(root, 'real'), join(root, 'link'))

    const { folder, definitions } = await open(join(root, 'link'))

    expect(folder).toBe(join(root, 'real'))
    expect(definitions).toHaveLength(1)
  })

  it('leaves every other import of the process alone', async () => {
    const root = writeCatalogue({ 'a.ts': definitionText('A') })
    const { mkdtemp } = await import('node:fs/promises')
    await open(root)

    const elsewhere = 'data:text/javascript,import "tranche"'
    await expect(import(elsewhere)).rejects.toThrow()
    expect((await import('node:fs/promises')).mkdtemp).toBe(mkdtemp)
  })

  it('may be closed twice', async () => {
    const catalogue = await openFiles({ 'a.ts': definitionText('A') })
    catalogue.close()
    catalogue.close()

    expect(catalogue.find('A')?.definition.table).toBe('routes')
  })

  it('keeps importing what a definition imports while it runs, until it is closed', async () => {
    const { definitions } = await openFiles({
      'a.ts': definitionText('A', { perform: "async () => { await import('./_lib/late.ts') }" }),
      '_lib/late.ts': 'export const late = true\n',
    })
    const perform = definitions[0]?.definition.perform
    if (typeof perform !== 'function') throw new Error('expected a function')

    expect(Object.keys(definitions[0]?.files ?? {})).toEqual(['a.ts', '_lib/late.ts'])
    // @ts-expect-error -- this one ignores its context
    await expect(perform({})).resolves.toBeUndefined()
  })
})

describe('tranche.config.json', () => {
  it.each([
    ['not JSON', '{ requiredStops: }'],
    ['an unknown key', '{ "requiredStop": [] }'],
    ['a number for a release', '{ "requiredStops": [17.5] }'],
    ['something that is no release', '{ "requiredStops": ["soon"] }'],
  ])('is listed when it has %s', async (_, content) => {
    const { broken, requiredStops, definitions } = await openFiles({
      'tranche.config.json': content,
      'a.ts': definitionText('A'),
    })

    expect(broken).toMatchObject([{ file: 'tranche.config.json', line: null, code: 'definition_invalid' }])
    expect({ requiredStops, count: definitions.length }).toEqual({ requiredStops: [], count: 1 })
  })

  it('is listed when it is a folder', async () => {
    const root = writeCatalogue({})
    mkdirSync(join(root, 'tranche.config.json'))

    expect((await open(root)).broken).toHaveLength(1)
  })
})
