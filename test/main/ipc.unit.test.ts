import type { WebContents } from 'electron'
import { expect, it, vi } from 'vitest'
import { serveCalls, tellPage } from '../../src/main/ipc.ts'
import type { Reply, Transport } from '../../src/shared/rpc.ts'
import { FakeContents, ipcMain, lastOf } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

function setup() {
  const contents = new FakeContents()
  const request = vi.fn<Transport['request']>(async () => ({ ok: true, value: 7 }))
  serveCalls((sender) => (sender === (contents as unknown as WebContents) ? { request } : null))
  const [channel, handler] = lastOf(ipcMain.handle)
  const call = async (message: unknown, event: object = {}): Promise<Reply> =>
    (await handler({ sender: contents, senderFrame: contents.mainFrame, ...event }, message)) as Reply
  return { channel, call, contents, request }
}

it('hands a call of the page to its backend, and the answer back', async () => {
  const { channel, call, request } = setup()

  expect(await call({ method: 'settings.get', input: { a: 1 } })).toEqual({ ok: true, value: 7 })

  expect(channel).toBe('tranche:request')
  expect(request.mock.calls).toEqual([['settings.get', { a: 1 }]])
})

it.each([
  ['a frame that is gone', () => ({ senderFrame: null })],
  ['a frame in the page', () => ({ senderFrame: { origin: 'app://console' } })],
  [
    'a page that took its place',
    () => {
      const sender = new FakeContents()
      sender.mainFrame.origin = 'https://evil.example'
      return { sender, senderFrame: sender.mainFrame }
    },
  ],
  [
    'a window that is not ours',
    () => {
      const sender = new FakeContents()
      return { sender, senderFrame: sender.mainFrame }
    },
  ],
])('refuses %s', async (_who, event) => {
  const { call, request } = setup()

  await expect(call({ method: 'settings.get' }, event())).rejects.toThrow('refused')

  expect(request).not.toHaveBeenCalled()
})

it('refuses our own window when something else is in it', async () => {
  const { call, request, contents } = setup()
  contents.mainFrame.origin = 'file://'

  await expect(call({ method: 'settings.get' })).rejects.toThrow('refused')

  expect(request).not.toHaveBeenCalled()
})

it.each([[undefined], [null], ['settings.get'], [{}], [{ method: 7 }], [{ method: 'a', input: 1, clientId: 'other' }]])(
  'answers %j with bad_input',
  async (message) => {
    const { call, request } = setup()

    expect(await call(message)).toMatchObject({ ok: false, error: { code: 'bad_input' } })

    expect(request).not.toHaveBeenCalled()
  },
)

it('tells events to a page that is there', () => {
  const { contents } = setup()

  tellPage(contents as unknown as WebContents, { kind: 'settings' })
  contents.isGone = true
  tellPage(contents as unknown as WebContents, { kind: 'late' })

  expect(contents.send.mock.calls).toEqual([['tranche:event', { kind: 'settings' }]])
})
