import type { Session } from 'electron'
import { expect, it, vi } from 'vitest'
import { createWindow, loadPage } from '../../src/main/window.ts'
import { BrowserWindow, fakeSession, lastOf } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

function setup({ isDiagnosing = false, isMaximized = false } = {}) {
  const session = fakeSession() as unknown as Session // handed through
  const place = { x: 5, y: 6, width: 1_280, height: 800, isMaximized }
  const made = createWindow({ session, preload: '/out/preload/index.cjs', place, isDiagnosing })
  const window = BrowserWindow.made.at(-1)
  if (window === undefined) throw new Error('no window was made')
  return { made, window, session }
}

it('gives the page a sandbox, a preload script, and nothing of Node', () => {
  const { window, session } = setup()

  expect(window.options.webPreferences).toEqual({
    session,
    preload: '/out/preload/index.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  })
})

it('has developer tools only where they were asked for', () => {
  const { window } = setup({ isDiagnosing: true })

  expect(window.options.webPreferences).toMatchObject({ devTools: true, sandbox: true, contextIsolation: true })
  expect(window.options.title).toContain('developer tools are on')
  const preventDefault = vi.fn<() => void>()
  window.emit('page-title-updated', { preventDefault })
  expect(preventDefault).toHaveBeenCalledOnce()
})

it('shows itself where it was, once its page is painted, and loads the page from its own scheme', async () => {
  const { made, window } = setup({ isMaximized: true })
  expect(window.options).toMatchObject({ x: 5, y: 6, width: 1_280, height: 800, minWidth: 1_024, show: false })
  expect(window.show).not.toHaveBeenCalled()

  window.emit('ready-to-show')
  await loadPage(made)

  expect([window.show.mock.calls.length, window.maximize.mock.calls.length]).toEqual([1, 1])
  expect(lastOf(window.loadURL)).toEqual(['app://console/index.html'])
})
