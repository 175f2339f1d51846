import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogFile } from '../../../src/host/system/log-file.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a file that has grown is put aside, and the oldest one goes', async () => {
  const folder = await temporaryFolder()
  const write = createLogFile(join(folder, 'console.log'), 10)

  for (const line of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']) write(line)

  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  expect(Object.fromEntries(names.map((name, index) => [name, texts[index]]))).toEqual({
    'console.log': 'eight\n',
    'console.log.1': 'seven\n',
    'console.log.2': 'five\nsix\n',
  })
})

test('a log file is its user’s alone, and one that cannot be written ends nothing', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'console.log')
  createLogFile(file)('line')
  expect((await stat(file)).mode & 0o777).toBe(0o600)

  await mkdir(join(folder, 'folder'))
  expect(() => {
    createLogFile(join(folder, 'folder'))('line')
    createLogFile(join(folder, 'nowhere', 'console.log'))('line')
  }).not.toThrow()
})
