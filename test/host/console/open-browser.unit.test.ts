import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openBrowser } from '../../../src/host/console/open-browser.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const URL_ONCE = 'http://127.0.0.1:4000/?token=abc-DEF_1'

test('the browser is called with a file of this user alone, which leads to the address and goes afterwards', async () => {
  const folder = await temporaryFolder()
  const called = join(folder, 'called')
  await writeFile(
    join(folder, 'xdg-open'),
    `#!/bin/sh\nprintf %s "$*" > '${called}.part' && mv '${called}.part' '${called}'\n`,
    {
      mode: 0o755,
    },
  )
  const env = { DISPLAY: ':9', PATH: `${folder}:${process.env.PATH ?? ''}` }

  const remove = await openBrowser(URL_ONCE, { folder: join(folder, 'own'), env, platform: 'linux' })

  const [name = ''] = await readdir(join(folder, 'own'))
  const file = join(folder, 'own', name)
  await until(async () => (await readdir(folder)).includes('called'))
  expect(await readFile(called, 'utf8')).toBe(`file://${file}`)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toContain(`content="0;url=${URL_ONCE}"`)
  await remove()
  expect(await readdir(join(folder, 'own'))).toEqual([])
})

test.each([
  ['BROWSER is none', { BROWSER: 'none', DISPLAY: ':9' }],
  ['there is no display', {}],
])('nothing is opened where %s', async (_what, env) => {
  const folder = await temporaryFolder()

  await openBrowser(URL_ONCE, { folder, env, platform: 'linux' })

  expect(await readdir(folder)).toEqual([])
})
