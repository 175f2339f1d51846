import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { endWithStarter, tellStarter } from '../../src/main/starter.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  for (const signal of SIGNALS) process.removeAllListeners(signal)
})

it('says on its output that the window is there', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)

  tellStarter('ready')

  expect(write.mock.calls).toEqual([['tranche: the window is ready\n']])
})

it.each(SIGNALS)('quits at %s', (signal) => {
  const quit = vi.fn<() => void>()
  endWithStarter(quit, {})

  process.emit(signal)

  expect(quit).toHaveBeenCalledOnce()
})

it('quits when the starter that waits for it is gone', () => {
  const quit = vi.fn<() => void>()
  const parent = vi.spyOn(process, 'ppid', 'get').mockReturnValue(100)
  endWithStarter(quit, { TRANCHE_STARTED_BY_NPM: '1' })

  vi.advanceTimersByTime(5_000)
  expect(quit).not.toHaveBeenCalled()
  parent.mockReturnValue(1)
  vi.advanceTimersByTime(5_000)

  expect(quit).toHaveBeenCalledOnce()
})

it('outlives a starter that does not wait', () => {
  const quit = vi.fn<() => void>()
  const parent = vi.spyOn(process, 'ppid', 'get').mockReturnValue(100)
  endWithStarter(quit, {})

  parent.mockReturnValue(1)
  vi.advanceTimersByTime(5_000)

  expect(quit).not.toHaveBeenCalled()
})
