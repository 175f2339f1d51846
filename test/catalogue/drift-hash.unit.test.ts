import { describe, expect, it } from 'vitest'
import { driftHash } from '../../src/catalogue/drift-hash.ts'
import { definitionText, openFiles } from './open-fixture.ts'

const HEAD = "import './_lib/one.ts'\n"

async function hashOf(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  return (await openFiles(files)).find('A')?.hash
}

describe('the drift hash', () => {
  const files = {
    'a.ts': definitionText('A', { head: HEAD }),
    '_lib/one.ts': "import type { Two } from './two.ts'\nexport type One = Two\n",
    '_lib/two.ts': 'export type Two = 2\n',
  }

  it('is the same wherever and whenever the catalogue is opened', async () => {
    const [here, there] = [await hashOf(files), await hashOf(Object.fromEntries(Object.entries(files).reverse()))]

    expect(here).toMatch(/^[0-9a-f]{64}$/)
    expect(here).toBe(there)
  })

  it('covers every file that the definition reaches, types included, and no other', async () => {
    const base = await hashOf(files)
    const edits = [
      { ...files, 'a.ts': `${files['a.ts']}// edited\n` },
      { ...files, '_lib/one.ts': `${files['_lib/one.ts']}// edited\n` },
      { ...files, '_lib/two.ts': `${files['_lib/two.ts']}// edited\n` },
    ]

    for (const edit of edits) expect(await hashOf(edit)).not.toBe(base)
    expect(await hashOf({ ...files, 'b.ts': definitionText('B'), '_lib/three.ts': '' })).toBe(base)
  })

  it('does not see line endings and byte order marks, which a checkout may change', async () => {
    const windows = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, `\uFEFF${text.replaceAll('\n', '\r\n')}`]),
    )

    expect(await hashOf(windows)).toBe(await hashOf(files))
  })

  it('changes when a file is moved', async () => {
    const moved = {
      'deeper/a.ts': files['a.ts'].replace('./_lib', '../_lib'),
      '_lib/one.ts': files['_lib/one.ts'],
      '_lib/two.ts': files['_lib/two.ts'],
    }

    expect(await hashOf(moved)).not.toBe(await hashOf(files))
  })

  it('is made from what is kept of the files', async () => {
    const [loaded] = (await openFiles(files)).definitions

    expect(driftHash(loaded?.files ?? {})).toBe(loaded?.hash)
  })

  it('keeps paths and texts apart and knows one form of a letter', () => {
    expect(driftHash({ 'a.ts': 'b', c: '' })).not.toBe(driftHash({ 'a.ts': '', c: 'b' }))
    expect(driftHash({ 'a.ts': 'b', c: 'd' })).not.toBe(driftHash({ 'a.ts': 'b1:c1:d' }))
    expect(driftHash({ 'ü.ts': 'a' })).toBe(driftHash({ ['ü.ts'.normalize('NFD')]: 'a' }))
  })

  it('was the same in every version', () => {
    expect(driftHash({ 'b.ts': 'two\n', 'a.ts': 'one\n' })).toMatchInlineSnapshot(
      `"93c062607727a19c94f96132fbcc65174800a663687a65e40ae508aeaebd60e1"`,
    )
  })
})
