import { EventEmitter } from 'node:events'
import type { MessagePortMain } from 'electron'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createBackendLink } from '../../src/main/backend-link.ts'
import type { RequestMessage } from '../../src/shared/channel-transport.ts'
import type { FakePort } from '../support/fake-electron.ts'
import { until } from '../support/until.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

/** A backend that the test kills and starts; each one answers with its number, `hang` never. */
function setup() {
  const life = new EventEmitter()
  const closed: number[] = []
  let ports: FakePort[] = []
  let generation = 1
  let isRunning = true
  const link = createBackendLink({
    adopt(port: MessagePortMain) {
      if (!isRunning) return false
      const own = port as unknown as FakePort // the fake channel made it
      const number = generation
      ports.push(own)
      own.on('message', (event) => {
        const { id, method } = (event as { data: RequestMessage }).data
        if (method !== 'hang') own.postMessage({ id, reply: { ok: true, value: number } })
      })
      own.on('close', () => closed.push(number))
      own.start()
      return true
    },
    onStart: (listener) => listened('start', listener),
    onEnd: (listener) => listened('end', listener),
  })
  function listened(event: string, listener: () => void): () => void {
    life.on(event, listener)
    return () => life.off(event, listener)
  }
  const heard: unknown[] = []
  link.subscribe((event) => heard.push(event))
  onTestFinished(() => {
    link.close()
  })
  return {
    link,
    heard,
    closed,
    life,
    kill: () => {
      isRunning = false
      for (const port of ports) port.close()
      ports = []
      life.emit('end')
    },
    start: () => {
      isRunning = true
      generation += 1
      life.emit('start')
    },
    tell: (event: unknown) => ports.at(-1)?.postMessage({ event }),
  }
}

it('carries calls, answers and events', async () => {
  const { link, heard, tell } = setup()

  expect(await link.request('settings.get', undefined)).toEqual({ ok: true, value: 1 })
  tell({ kind: 'settings' })
  await until(async () => heard.length === 1)

  expect(heard).toEqual([{ kind: 'settings' }])
})

it('answers what was open with backend_lost when the backend dies, and tells the page once', async () => {
  const { link, heard, kill } = setup()

  const open = [link.request('hang', undefined), link.request('hang', undefined)]
  kill()

  expect(await Promise.all(open)).toMatchObject([
    { ok: false, error: { code: 'backend_lost' } },
    { ok: false, error: { code: 'backend_lost' } },
  ])
  expect(await link.request('settings.get', undefined)).toMatchObject({ ok: false, error: { code: 'backend_lost' } })
  expect(heard).toMatchObject([{ kind: 'backend_lost' }])
})

it('reaches the next backend, and says that it is back', async () => {
  const { link, heard, kill, start } = setup()

  kill()
  start()

  expect(heard).toMatchObject([{ kind: 'backend_lost' }, { kind: 'backend_back' }])
  expect(await link.request('settings.get', undefined)).toEqual({ ok: true, value: 2 })
})

it('is a client anew when its page is loaded anew', async () => {
  const { link, heard, closed } = setup()

  link.renew()

  await until(async () => closed.length === 1)
  expect(await link.request('settings.get', undefined)).toEqual({ ok: true, value: 1 })
  expect(heard).toEqual([])
})

it('listens to nothing more once it is closed', async () => {
  const { link, heard, closed, kill, start, life } = setup()

  link.close()
  await until(async () => closed.length === 1)
  kill()
  start()

  expect([heard, life.listenerCount('start'), life.listenerCount('end')]).toEqual([[], 0, 0])
})
