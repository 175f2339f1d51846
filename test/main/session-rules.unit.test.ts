import type { Session } from 'electron'
import { expect, it, vi } from 'vitest'
import { restrictSession } from '../../src/main/session-rules.ts'
import { fakeSession, lastOf } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

function setup({ isDiagnosing = false } = {}) {
  const session = fakeSession()
  restrictSession(session as unknown as Session, { isDiagnosing }) // what it uses of it
  return {
    session,
    isGranted: (permission: string, requestingUrl: string): boolean => {
      const callback = vi.fn<(isGranted: boolean) => void>()
      lastOf(session.setPermissionRequestHandler)[0](null, permission, callback, { requestingUrl })
      return lastOf(callback)[0]
    },
    isCancelled: (url: string): boolean => {
      const callback = vi.fn<(answer: { cancel: boolean }) => void>()
      lastOf(session.webRequest.onBeforeRequest)[0]({ url }, callback)
      return lastOf(callback)[0].cancel
    },
  }
}

it('grants the page the clipboard for writing, and nothing else to anybody', () => {
  const { isGranted, session } = setup()
  const [check] = lastOf(session.setPermissionCheckHandler)
  const page = 'app://console/index.html'

  expect(isGranted('clipboard-sanitized-write', page)).toBe(true)
  expect(check(null, 'clipboard-sanitized-write', 'app://console/')).toBe(true)
  for (const permission of ['clipboard-read', 'media', 'geolocation', 'notifications', 'openExternal', 'fileSystem']) {
    expect([permission, isGranted(permission, page), check(null, permission, 'app://console/')]).toEqual([
      permission,
      false,
      false,
    ])
  }
  for (const url of ['https://evil.example/', 'app://evil/', 'file:///etc/passwd', '']) {
    expect([url, isGranted('clipboard-sanitized-write', url), check(null, 'clipboard-sanitized-write', url)]).toEqual([
      url,
      false,
      false,
    ])
  }
  expect(lastOf(session.setDevicePermissionHandler)[0]({ deviceType: 'usb' })).toBe(false)
})

it('shares no screen', () => {
  const { session } = setup()
  const callback = vi.fn<(streams: unknown) => void>()

  lastOf(session.setDisplayMediaRequestHandler)[0]({}, callback)

  expect(lastOf(callback)[0]).toEqual({})
})

it('lets the page load its own files and save its own reports, and nothing from elsewhere', () => {
  const { isCancelled } = setup()

  expect(['app://console/assets/page.js', 'blob:app://console/0a1b-2c'].map(isCancelled)).toEqual([false, false])
  const foreign = [
    ...['https://evil.example/x.js', 'http://127.0.0.1:5432/', 'ws://127.0.0.1/', 'file:///etc/passwd'],
    ...['app://evil/x.js', 'blob:https://evil.example/1', 'data:text/html,x', 'devtools://devtools/bundled/x.js', ''],
  ]
  expect(foreign.filter((url) => !isCancelled(url))).toEqual([])
})

it('lets developer tools load where they were asked for', () => {
  const { isCancelled } = setup({ isDiagnosing: true })

  expect(isCancelled('devtools://devtools/bundled/x.js')).toBe(false)
  expect(isCancelled('https://evil.example/')).toBe(true)
})
