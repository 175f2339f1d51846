import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definitionText, open, openFiles, writeCatalogue } from './open-fixture.ts'

/** Typed, where Vitest's own matcher is any. */
const containing = (text: string): unknown => expect.stringContaining(text)

describe('the rule of imports', () => {
  it.each([
    ['a built-in module', "import { readFileSync } from 'node:fs'", "'node:fs'"],
    ['a built-in module without its prefix', "import fs from 'fs'", "'fs'"],
    ['crypto without its prefix', "import crypto from 'crypto'", "'crypto'"],
    ['a part of a built-in module', "import 'node:fs/promises'", "'node:fs/promises'"],
    ['an absolute path', "import '/etc/passwd.ts'", "'/etc/passwd.ts'"],
    ['a file: URL', "import 'file:///tmp/x.ts'", "'file:///tmp/x.ts'"],
    ['an http: URL', "import 'https://example.com/x.js'", "'https://example.com/x.js'"],
    ['a data: URL', "import 'data:text/javascript,1'", "'data:text/javascript,1'"],
    ['another address of the loader', "import 'tranche://00000000/x.ts'", "'tranche://00000000/x.ts'"],
    ['a package', "import pg from 'pg'", "'pg'"],
    ['a scoped package', "import '@scope/name'", "'@scope/name'"],
    ['a subpath import', "import '#app'", "'#app'"],
    ['the testing half of the API', "import 'tranche/testing'", "'tranche/testing'"],
    ['a file outside', "import '../outside.ts'", "'../outside.ts'"],
    ['a file outside, deeper', "import './_lib/../../outside.ts'", "'./_lib/../../outside.ts'"],
    ['a file outside, encoded', "import './%2e%2e/outside.ts'", "'./%2e%2e/outside.ts'"],
    ['a file that is missing', "import './nowhere.ts'", "'./nowhere.ts'"],
    ['the folder', "import './_lib'", "'./_lib'"],
    ['the folder itself', "import '.'", "'.'"],
    ['a file of another kind', "import './notes.md'", "'./notes.md'"],
    ['an escaped name', "import 'node:\\u0066s'", "'node:fs'"],
    ['a re-export', "export { readFileSync } from 'node:fs'", "'node:fs'"],
    ['a re-export of everything', "export * from 'node:fs'", "'node:fs'"],
    ['a re-export under a name', "export * as fs from 'node:fs'", "'node:fs'"],
    ['types', "import type { Stats } from 'node:fs'", "'node:fs'"],
    ['an inline type', "import { type Stats } from 'node:fs'", "'node:fs'"],
    ['a re-export of types', "export type { Stats } from 'node:fs'", "'node:fs'"],
    ['a type by import()', "type A = import('node:fs').Stats", "'node:fs'"],
    ['a type by typeof import()', "declare const a: typeof import('node:fs')", "'node:fs'"],
    ['a type of an argument', "const a = (b: import('../app/model.ts').Model): void => {}", "'../app/model.ts'"],
    ['a type after a type with a text', "type A = 'it' | \"from 'x'\" | import('node:fs').Stats", "'node:fs'"],
    ['types outside', "import type { Model } from '../app/model.ts'", "'../app/model.ts'"],
    ['a dynamic import', "const load = () => import('node:fs')", "'node:fs'"],
    ['a computed import', 'const load = (name: string) => import(name)', 'something computed'],
    ['a concatenated import', "const load = () => import('node:' + 'fs')", 'something computed'],
    ['a template import', 'const load = (name: string) => import(`./${name}.ts`)', 'something computed'],
  ])('refuses %s before anything runs', async (_, line, named) => {
    const { definitions, broken } = await openFiles({
      'a.ts': definitionText('A', { head: `Reflect.set(globalThis, 'ran', true)\n${line}\n` }),
      'good.ts': definitionText('Good'),
      'notes.md': '',
      '_lib/x.ts': '',
    })

    expect(definitions.map(({ file }) => file)).toEqual(['good.ts'])
    expect(broken).toMatchObject([{ file: 'a.ts', line: 2, code: 'definition_import', message: containing(named) }])
    expect(Reflect.has(globalThis, 'ran')).toBe(false)
  })

  it.each([
    ['the API', "import { z } from 'tranche'\nexport const a = z"],
    ['node:crypto', "import { createHash } from 'node:crypto'\nexport const a = createHash"],
    ['a helper', "import { x } from './_lib/x.ts'\nexport const a: number = x"],
    ['a helper by way of a folder that is there', "import './_lib/../_lib/x.ts'"],
    ['a JavaScript helper', "import './_lib/y.mjs'"],
    ['JSON', "import data from './_lib/data.json' with { type: 'json' }\nexport const a = data"],
    ['a literal dynamic import', "export const load = () => import('./_lib/x.ts')"],
    ['an awaited dynamic import', "export const { x } = await import('./_lib/x.ts')"],
    ['types of a helper', "import type { X } from './_lib/types.d.ts'\nexport const a: X = 1"],
    ['import.meta', 'export const a = import.meta.url'],
    ['what only looks like an import in a text', 'export const a = "import \'node:fs\'"'],
    ['what only looks like an import in a template', "export const a = `${'x'} import('node:fs')`"],
    ['what only looks like an import in a comment', "// import 'node:fs'\n/* import('node:fs') */"],
    ['what only looks like an import in a type', "export type A = 'from \"node:fs\"' // from 'node:fs'"],
    ['a field called import', "export const a = (b: { import(name: string): void }) => b.import('node:fs')"],
  ])('allows %s', async (_, head) => {
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head: `${head}\n` }),
      '_lib/x.ts': 'export const x: number = 1\n',
      '_lib/y.mjs': 'export const y = 1\n',
      '_lib/types.d.ts': 'export type X = number\n',
      '_lib/data.json': '{ "a": [1] }\n',
    })

    expect(broken).toEqual([])
  })

  it('follows helpers and names the line in them', async () => {
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head: "import './_lib/one.ts'\n" }),
      '_lib/one.ts': "export * from './two.ts'\n",
      '_lib/two.ts': "\n\nimport type { Stats } from 'node:fs'\nexport type A = Stats\n",
    })

    expect(broken).toMatchObject([
      {
        file: 'a.ts',
        line: null,
        origin: { file: '_lib/two.ts', line: 3 },
        code: 'definition_import',
        message: "_lib/two.ts:3: imports 'node:fs', which a definition may not import",
      },
    ])
  })

  it('says which ending is missing', async () => {
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head: "import './_lib/x'\n" }),
      'b.ts': definitionText('B', { head: "import './_lib/x.js'\n" }),
      '_lib/x.ts': '',
    })

    expect(broken.map(({ remedy }) => remedy)).toEqual([
      "Write './_lib/x.ts': the name of the file with its ending.",
      "Write './_lib/x.ts': the name of the file with its ending.",
    ])
  })

  it('refuses a link out of the catalogue, of a file and of a folder on the way', async () => {
    const outside = writeCatalogue({ 'x.ts': 'export {}\n' })
    const root = writeCatalogue({
      'a.ts': definitionText('A', { head: "import './_lib/x.ts'\n" }),
      'b.ts': definitionText('B', { head: "import './_out/x.ts'\n" }),
      'c.ts': definitionText('C', { head: "import './_in/y.ts'\n" }),
      '_lib/y.ts': '',
    })
    symlinkSync(join(outside, 'x.ts'), join(root, '_lib/x.ts'))
    symlinkSync(outside, join(root, '_out'))
    symlinkSync(join(root, '_lib'), join(root, '_in'))

    const { definitions, broken } = await open(root)

    expect(broken.map(({ file, message }) => [file, message])).toEqual([
      ['a.ts', "imports './_lib/x.ts', which is a link to a file outside of the catalogue"],
      ['b.ts', "imports './_out/x.ts', which is a link to a file outside of the catalogue"],
    ])
    expect(Object.keys(definitions[0]?.files ?? {})).toEqual(['c.ts', '_lib/y.ts'])
  })

  it('refuses at run time what could not be seen before', async () => {
    const { broken } = await openFiles({
      'a.ts': definitionText('A', { head: `await (0, eval)("import('node:fs')")\n` }),
      'b.ts': definitionText('B', { head: `await eval("import('node:fs')")\n` }),
    })

    expect(broken.map(({ file }) => file)).toContain('b.ts')
    expect(broken.find(({ file }) => file === 'b.ts')).toMatchObject({
      code: 'definition_import',
      message: "b.ts imports 'node:fs' in a way that was not seen before it ran",
    })
  })
})

describe('npm packages', () => {
  const installed = {
    'node_modules/left/package.json':
      '{ "name": "left", "version": "1.2.3", "exports": { "import": "./index.js" }, "type": "module" }',
    'node_modules/left/index.js': "import { basename } from 'node:path'\nexport const left = basename\n",
    'node_modules/@some/right/package.json': '{ "name": "@some/right", "version": "4.5.6", "main": "index.js" }',
    'node_modules/@some/right/index.js': "exports.right = require('node:path').sep\n",
    'node_modules/@some/right/part.js': 'exports.part = 1\n',
  }
  const head =
    "import { left } from 'left'\nimport right from '@some/right/part.js'\nexport const used = [left, right]\n"

  it('are those that the package.json of the catalogue lists, and are named with their versions', async () => {
    const { definitions, broken } = await openFiles({
      ...installed,
      'package.json': '{ "dependencies": { "left": "^1", "@some/right": "*" } }',
      'a.ts': definitionText('A', { head }),
      'b.ts': definitionText('B'),
    })

    expect(broken).toEqual([])
    expect(definitions.map(({ packages }) => packages)).toEqual([['@some/right@4.5.6', 'left@1.2.3'], []])
    expect(Object.keys(definitions[0]?.files ?? {})).toEqual(['a.ts'])
  })

  it.each([
    ['is not listed', '{}', "imports 'left', which a definition may not import"],
    ['is listed for development', '{ "devDependencies": { "left": "1" } }', 'may not import'],
    ['is listed but not installed', '{ "dependencies": { "left": "1", "fs": "1" } }', 'not installed'],
  ])('are refused where one %s', async (_, manifest, message) => {
    const { broken } = await openFiles({
      'package.json': manifest,
      'a.ts': definitionText('A', { head: "import 'left'\n" }),
    })

    expect(broken).toMatchObject([{ file: 'a.ts', line: 1, code: 'definition_import', message: containing(message) }])
  })

  it('cannot stand in for a built-in module', async () => {
    const { broken } = await openFiles({
      'package.json': '{ "dependencies": { "fs": "1" } }',
      'node_modules/fs/package.json': '{ "name": "fs", "version": "1.0.0" }',
      'a.ts': definitionText('A', { head: "import 'fs'\n" }),
    })

    expect(broken).toMatchObject([{ code: 'definition_import' }])
  })

  it('need not be installed for their types', async () => {
    const { definitions } = await openFiles({
      'package.json': '{ "dependencies": { "left": "1" } }',
      'a.ts': definitionText('A', { head: "import type { Left } from 'left'\nexport type A = Left\n" }),
    })

    expect(definitions.map(({ packages }) => packages)).toEqual([[]])
  })

  it('are none where the package.json is malformed, which is listed', async () => {
    const { definitions, broken } = await openFiles({
      ...installed,
      'package.json': '{ "dependencies": ["left"] }',
      'a.ts': definitionText('A', { head }),
      'b.ts': definitionText('B'),
    })

    expect(definitions.map(({ file }) => file)).toEqual(['b.ts'])
    expect(broken.map(({ file, code }) => [file, code])).toEqual([
      ['a.ts', 'definition_import'],
      ['package.json', 'definition_invalid'],
    ])
  })
})
