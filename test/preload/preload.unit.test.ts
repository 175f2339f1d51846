import { expect, it, vi } from 'vitest'
import type { WindowBridge } from '../../src/shared/window-bridge.ts'
import { contextBridge, ipcRenderer, lastOf } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

// A preload script runs once.
await import('../../src/preload/index.ts')
const exposed = [...contextBridge.exposeInMainWorld.mock.calls]
const [[name, api] = []] = exposed
const bridge = api as WindowBridge // the type that it was written as

it('gives the page two functions under one name, and nothing else', () => {
  expect(exposed).toHaveLength(1)
  expect(name).toBe('tranche')
  expect(Object.entries(bridge).map(([key, value]) => [key, typeof value])).toEqual([
    ['request', 'function'],
    ['subscribe', 'function'],
  ])
})

it('sends method and input on the one channel', async () => {
  ipcRenderer.invoke.mockResolvedValueOnce({ ok: true, value: 1 })

  expect(await bridge.request('settings.get', { a: 1 })).toEqual({ ok: true, value: 1 })

  expect(lastOf(ipcRenderer.invoke)).toEqual(['tranche:request', { method: 'settings.get', input: { a: 1 } }])
})

it('hands listeners the payload alone, until they unsubscribe', () => {
  const heard: unknown[][] = []

  const unsubscribe = bridge.subscribe((...values: unknown[]) => heard.push(values))
  const [channel, listener] = lastOf(ipcRenderer.on)
  listener({ sender: ipcRenderer, ports: [] }, { kind: 'settings' }, 'more')
  unsubscribe()

  expect([channel, heard]).toEqual(['tranche:event', [[{ kind: 'settings' }]]])
  expect(ipcRenderer.off.mock.calls).toEqual([['tranche:event', listener]])
})
