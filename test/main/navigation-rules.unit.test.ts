import { EventEmitter } from 'node:events'
import type { App } from 'electron'
import { expect, it, vi } from 'vitest'
import { forbidNavigation } from '../../src/main/navigation-rules.ts'
import { FakeContents, lastOf } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

function setup(): FakeContents {
  const app = new EventEmitter()
  forbidNavigation(app as unknown as App) // it only listens
  const contents = new FakeContents()
  app.emit('web-contents-created', {}, contents)
  return contents
}

it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('prevents %s to anywhere', (event) => {
  const contents = setup()

  for (const url of [
    'https://evil.example/',
    'file:///etc/passwd',
    'app://console/index.html',
    'javascript:alert(1)',
  ]) {
    const preventDefault = vi.fn<() => void>()
    contents.emit(event, { url, isMainFrame: true, preventDefault })
    expect([url, preventDefault.mock.calls.length]).toEqual([url, 1])
  }
})

it('attaches no foreign page', () => {
  const contents = setup()
  const preventDefault = vi.fn<() => void>()

  contents.emit('will-attach-webview', { preventDefault }, {}, { src: 'https://evil.example/' })

  expect(preventDefault).toHaveBeenCalledOnce()
})

it('opens no window', () => {
  const [handler] = lastOf(setup().setWindowOpenHandler)

  expect(['https://evil.example/', 'app://console/index.html', 'about:blank'].map((url) => handler({ url }))).toEqual([
    { action: 'deny' },
    { action: 'deny' },
    { action: 'deny' },
  ])
})
