import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Session } from 'electron'
import { expect, it, vi } from 'vitest'
import { PAGE_URL, registerPageScheme, servePage } from '../../src/main/app-protocol.ts'
import { fakeSession, lastOf, protocol } from '../support/fake-electron.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

async function setup() {
  const folder = join(await temporaryFolder(), 'renderer')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Tranche</title>')
  await writeFile(join(folder, 'assets', 'page-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'program.exe'), 'MZ')
  await writeFile(join(folder, '.built-from'), 'hash')
  await writeFile(join(folder, '..', 'secret.json'), '{"secret":true}')
  await symlink(join(folder, '..', 'secret.json'), join(folder, 'link.json'))
  const session = fakeSession()
  servePage(session as unknown as Session, folder) // what servePage uses of it
  const [scheme, handler] = lastOf(session.protocol.handle)
  // As Electron hands it over: a Request would tidy the address up first.
  const ask = async (url: string, method = 'GET'): Promise<Response> => handler({ url, method })
  return { scheme, ask, folder }
}

it('registers the scheme as a standard, secure one', () => {
  registerPageScheme()

  expect(lastOf(protocol.registerSchemesAsPrivileged)[0]).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
})

it('gives the page and its files under their types and the policy', async () => {
  const { scheme, ask } = await setup()

  const page = await ask(PAGE_URL)
  const script = await ask('app://console/assets/page-1a2b.js')

  expect(scheme).toBe('app')
  expect(await page.text()).toContain('<title>Tranche</title>')
  expect([page, script].map(({ headers }) => headers.get('content-type'))).toEqual([
    'text/html; charset=utf-8',
    'text/javascript; charset=utf-8',
  ])
  expect([page, script].map(({ headers }) => headers.get('x-content-type-options'))).toEqual(['nosniff', 'nosniff'])
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      "connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
  )
})

it.each([
  ['app://console/../secret.json'],
  ['app://console/%2e%2e/secret.json'],
  ['app://console/..%2fsecret.json'],
  ['app://console/..%5csecret.json'],
  ['app://console/assets/%2e%2e%2f%2e%2e%2fsecret.json'],
  ['app://console//etc/passwd'],
  ['app://console/link.json'],
  ['app://console/.built-from'],
  ['app://console/program.exe'],
  ['app://console/assets'],
  ['app://console/%00index.html'],
  ['app://console/%E0%A4%A'],
  ['app://evil/index.html'],
  ['app://console.evil/index.html'],
])('refuses %s', async (url) => {
  const { ask } = await setup()

  const answer = await ask(url)

  expect(answer.status).toBe(404)
  expect(await answer.text()).not.toMatch(/secret|doctype|MZ|hash|root/)
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
})

it('answers GET and HEAD only', async () => {
  const { ask } = await setup()

  expect((await ask(PAGE_URL, 'POST')).status).toBe(405)
  const head = await ask(PAGE_URL, 'HEAD')
  expect([head.status, await head.text()]).toEqual([200, ''])
})
