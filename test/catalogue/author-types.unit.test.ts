import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emitTypes } from '../support/emit-types.ts'

const FOLDER = fileURLToPath(new URL('../../resources/types', import.meta.url))

test('the types that authors are given are those of the API; else: node test/support/write-types.ts', async () => {
  const files = new Map<string, string>()
  for await (const file of glob('**/*.d.ts', { cwd: FOLDER }))
    files.set(file.replaceAll('\\', '/'), await readFile(join(FOLDER, file), 'utf8'))
  expect(Object.fromEntries(files)).toEqual(Object.fromEntries(emitTypes()))
})
