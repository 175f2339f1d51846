import { EventEmitter } from 'node:events'
import type { WebContents } from 'electron'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchPage } from '../../src/main/page-crashes.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function setup() {
  const reload = vi.fn<() => void>()
  const giveUp = vi.fn<(why: string) => void>()
  const contents = Object.assign(new EventEmitter(), { reload })
  watchPage(contents as unknown as WebContents, giveUp) // it listens and reloads
  const die = (reason = 'crashed'): void => {
    contents.emit('render-process-gone', {}, { reason, exitCode: 11 })
  }
  return { reload, giveUp, die }
}

it('loads a page again that died now and then', () => {
  const { reload, giveUp, die } = setup()

  while (reload.mock.calls.length + giveUp.mock.calls.length < 8) {
    die()
    vi.advanceTimersByTime(25_000)
  }

  expect([reload.mock.calls.length, giveUp.mock.calls.length]).toEqual([8, 0])
})

it('gives a page up that keeps dying, once', () => {
  const { reload, giveUp, die } = setup()

  Array.from({ length: 6 }).forEach(() => die())

  expect(reload).toHaveBeenCalledTimes(3)
  expect(giveUp.mock.calls).toEqual([['the page died again and again (crashed, 11)']])
})

it('does not mind a page that ends as it should', () => {
  const { reload, giveUp, die } = setup()

  Array.from({ length: 5 }).forEach(() => die('clean-exit'))

  expect([reload.mock.calls.length, giveUp.mock.calls.length]).toEqual([0, 0])
})
