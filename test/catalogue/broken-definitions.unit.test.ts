import { describe, expect, it } from 'vitest'
import type { BrokenFile } from '../../src/catalogue/catalogue.ts'
import { definitionText, open, openFiles, writeCatalogue } from './open-fixture.ts'

/** Typed, where Vitest's own matcher is any. */
const containing = (text: string): unknown => expect.stringContaining(text)

/** What is listed for `broken.ts` beside a definition that loads. */
async function listingOf(
  text: string | Uint8Array,
  others: Readonly<Record<string, string>> = {},
): Promise<BrokenFile> {
  const { definitions, broken } = await openFiles({ 'good.ts': definitionText('Good'), 'broken.ts': text, ...others })
  expect(definitions.map(({ file }) => file)).toEqual(['good.ts'])
  const [listing] = broken
  if (listing === undefined || broken.length > 1)
    throw new Error(`expected one broken file, got ${JSON.stringify(broken)}`)
  return listing
}

describe('a definition that cannot be loaded', () => {
  it.each([
    ['a syntax error', 'const a = 1\nconst b = = 2\n', 2, 'does not parse: Expression expected'],
    ['an unfinished template', '\nconst a = `${', 2, 'does not parse'],
    ['an enum', '\n\nenum Colour { Red }\nexport default 1\n', 3, 'enum is not supported'],
    ['a namespace', 'namespace A { export const b = 1 }', 1, 'namespace'],
    ['a parameter property', 'class A { constructor(private b: string) {} }', 1, 'parameter property'],
    ['an import equals', "import fs = require('node:fs')", 1, 'import equals'],
    [
      'an error at import',
      "\nthrow new RangeError('out of range')",
      2,
      'threw while it was imported: RangeError: out of range',
    ],
    ['a text thrown at import', "throw 'a text'", null, 'threw while it was imported: a text'],
    ['malformed JSON at import', "\n\nJSON.parse('{')", 3, 'threw while it was imported: SyntaxError'],
    ['an unknown name', '\nconst a = 1 + nowhere', 2, 'nowhere is not defined'],
    ['a name declared twice', 'let a = 1\nlet a = 2\n', null, "Identifier 'a' has already been declared"],
    [
      'a wrong name of the API',
      "\nimport { defineMigration } from 'tranche'\nexport default defineMigration",
      2,
      "named 'defineMigration'",
    ],
    ['no default export', 'export const a = 1', null, 'has no default export'],
    ['nothing at all', '', null, 'has no default export'],
    ['only a type as default export', 'export default interface A {}', null, 'has no default export'],
    ['a number', 'export default 1', null, 'default-exports a number'],
    ['null', 'export default null', null, 'default-exports null'],
    [
      'a plain object',
      "export default { jobClassName: 'A' }",
      null,
      'an object that defineBatchedMigration did not return',
    ],
    ['CommonJS', 'module.exports = {}', 1, 'module is not defined'],
  ])('is listed with its place: %s', async (_, text, line, message) => {
    expect(await listingOf(text)).toMatchObject({
      file: 'broken.ts',
      line,
      origin: null,
      code: 'definition_invalid',
      message: containing(message),
      remedy: containing('.'),
    })
  })

  it('is listed when it is not UTF-8', async () => {
    expect((await listingOf(new Uint8Array([0x2f, 0x2f, 0xff, 0xfe]))).message).toBe('is not text in UTF-8')
  })

  it('is not a copy of a definition', async () => {
    const text = definitionText('A').replace('export default', 'const a =')

    expect((await listingOf(`${text}export default { ...a, batchSize: -1 }\n`)).message).toContain(
      'defineBatchedMigration did not return',
    )
  })

  it('is listed when its top-level await does not end', async () => {
    const root = writeCatalogue({
      'a.ts': 'await new Promise(() => {})\n',
      'b.ts': definitionText('B', { head: 'await Promise.resolve()\n' }),
    })

    const { definitions, broken } = await open(root, 200)

    expect(definitions.map(({ file }) => file)).toEqual(['b.ts'])
    expect(broken).toMatchObject([{ file: 'a.ts', message: 'its top-level await was not done after 0.2 s' }])
  })

  it('names the place of the field that is not as expected', async () => {
    expect(await listingOf(definitionText('A', { fields: "batchSize: 10,\n  subBatchSize: 'many'," }))).toMatchObject({
      line: 9,
      code: 'definition_invalid',
      message: 'A: subBatchSize is "many"; expected a whole number of at least 1',
    })
  })

  it.each([
    ['does not parse', 'const = 1', 1],
    ['throws', "\nthrow new Error('in the helper')", 2],
    ['does not compile', 'let a\nlet a', null],
  ])('names the place in a helper that %s', async (_, helper, line) => {
    const listing = await listingOf(definitionText('A', { head: "import './_lib/helper.ts'\n" }), {
      '_lib/helper.ts': helper,
    })

    expect(listing).toMatchObject({
      file: 'broken.ts',
      line: null,
      origin: { file: '_lib/helper.ts', line },
      message: containing('_lib/helper.ts'),
    })
  })

  it('hides no other one that shares its broken helper', async () => {
    const head = "import './_lib/helper.ts'\n"
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head }),
      'b.ts': definitionText('B', { head }),
      '_lib/helper.ts': "throw new Error('both')\n",
    })

    expect(broken.map(({ file, origin }) => [file, origin?.line])).toEqual([
      ['a.ts', 1],
      ['b.ts', 1],
    ])
  })

  it('is each of those that share a job class name', async () => {
    const { definitions, broken, ...catalogue } = await openFiles({
      'a.ts': definitionText('Same'),
      'b/c.ts': definitionText('Same'),
      'd.ts': definitionText('Other'),
    })

    expect(definitions.map(({ file }) => file)).toEqual(['d.ts'])
    expect(catalogue.find('Same')).toBeUndefined()
    expect(broken.map(({ file, message }) => [file, message])).toEqual([
      ['a.ts', 'the job class name Same is used by b/c.ts too; expected one definition for each name'],
      ['b/c.ts', 'the job class name Same is used by a.ts too; expected one definition for each name'],
    ])
  })

  it('may import in a circle', async () => {
    const { definitions, broken } = await openFiles({
      'a.ts': definitionText('A', { head: "import './b.ts'\n" }),
      'b.ts': definitionText('B', { head: "import './a.ts'\nimport './b.ts'\n" }),
    })

    expect(broken).toEqual([])
    expect(definitions.map(({ files }) => Object.keys(files).sort())).toEqual([
      ['a.ts', 'b.ts'],
      ['a.ts', 'b.ts'],
    ])
  })
})
