import type { MessagePortMain, UtilityProcess } from 'electron'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startBackend } from '../../src/main/backend-process.ts'
import { FakeUtilityProcess, MessageChannelMain } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

const PLACES = { folder: '/data', projectFolder: '/project', practiceRows: 100 }

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function setup() {
  const children: FakeUtilityProcess[] = []
  const heard: string[] = []
  const driving: boolean[] = []
  const backend = startBackend({
    fork: () => {
      const child = new FakeUtilityProcess()
      children.push(child)
      return child as unknown as UtilityProcess // what supervision uses of it
    },
    places: PLACES,
    answer: async (question) => {
      if (question.kind === 'seal') return { value: `sealed ${question.text}`, isStale: false }
      throw new Error('no keychain')
    },
    onDriving: (isDriving) => driving.push(isDriving),
    log: (line) => heard.push(line),
  })
  backend.onStart(() => heard.push('start'))
  backend.onEnd(() => heard.push('end'))
  const newest = (): FakeUtilityProcess => {
    const child = children.at(-1)
    if (child === undefined) throw new Error('none was forked')
    return child
  }
  return { backend, children, newest, heard, driving }
}

it('tells the backend where things are, before anything else', () => {
  const { newest } = setup()

  expect(newest().said).toEqual([{ message: { kind: 'open', options: PLACES }, ports: [] }])
})

it('starts one that died again, later each time, and tells of it', async () => {
  const { children, newest, heard } = setup()
  const waits: number[] = []
  while (waits.length < 8) {
    const before = children.length
    const begin = performance.now()
    newest().emit('exit', 1)
    while (children.length === before) await vi.advanceTimersToNextTimerAsync()
    waits.push(Math.round(performance.now() - begin))
  }

  expect(waits).toEqual([250, 500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000])
  expect(heard.slice(0, 3)).toEqual(['the backend ended with 1; it is started again in 250 ms', 'end', 'start'])
  expect(newest().said).toEqual([{ message: { kind: 'open', options: PLACES }, ports: [] }])
})

it('begins with short waits again after one that lived', async () => {
  const { children, newest, heard } = setup()
  newest().emit('exit', 1)
  await vi.advanceTimersByTimeAsync(250)
  expect(children).toHaveLength(2)

  await vi.advanceTimersByTimeAsync(61_000)
  newest().emit('exit', 9)

  expect(heard).toContain('the backend ended with 9; it is started again in 250 ms')
})

it('passes a page’s port on while one runs, and says when none does', async () => {
  const { backend, newest } = setup()
  const { port1, port2 } = new MessageChannelMain()
  const port = port2 as unknown as MessagePortMain // handed through

  expect(backend.adopt(port)).toBe(true)
  expect(newest().said.at(-1)).toEqual({ message: { kind: 'client' }, ports: [port2] })
  newest().emit('exit', 1)
  expect(backend.adopt(port)).toBe(false)
  port1.close()
})

it('answers what the backend asks, with null where that fails', async () => {
  const { newest } = setup()

  newest().emit('message', { kind: 'seal', id: 1, text: 'x' })
  newest().emit('message', { kind: 'unseal', id: 2, sealed: 'y' })
  await vi.advanceTimersByTimeAsync(0)

  expect(
    newest()
      .said.slice(1)
      .map(({ message }) => message),
  ).toEqual([
    { kind: 'answer', id: 1, value: 'sealed x', isStale: false },
    { kind: 'answer', id: 2, value: null, isStale: false },
  ])
})

it('tells whether it drives something, and that a dead one drives nothing', () => {
  const { newest, driving } = setup()

  newest().emit('message', { kind: 'driving', isDriving: true })
  newest().emit('exit', 1)

  expect(driving).toEqual([true, false])
  expect(newest().said).toHaveLength(1)
})

it('lets it finish when the console ends, and starts none again', async () => {
  const { backend, children, newest, heard } = setup()

  const stopped = backend.stop()
  expect(newest().said.at(-1)?.message).toEqual({ kind: 'close' })
  newest().emit('exit', 0)
  await stopped
  await vi.advanceTimersByTimeAsync(60_000)

  expect([children.length, newest().kill.mock.calls.length, heard]).toEqual([1, 0, []])
})

it('ends one that does not finish within fifteen seconds', async () => {
  const { backend, newest } = setup()

  const stopped = backend.stop()
  await vi.advanceTimersByTimeAsync(14_000)
  expect(newest().kill).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_000)
  await stopped

  expect(newest().kill).toHaveBeenCalledOnce()
})

it('starts none again that was waited for when the console ended', async () => {
  const { backend, children, newest } = setup()
  newest().emit('exit', 1)

  await backend.stop()
  await vi.advanceTimersByTimeAsync(60_000)

  expect(children).toHaveLength(1)
})
