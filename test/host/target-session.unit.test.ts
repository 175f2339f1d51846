/** When a target that does not answer is tried again, by a clock that stands still until the test moves it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { BackendContext } from '../../src/host/backend/backend-context.ts'
import type { CatalogueHolder } from '../../src/host/catalogue-holder.ts'
import type { OpenedEngine } from '../../src/host/backend/driving-engine.ts'
import { openTargetSession } from '../../src/host/backend/target-session.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { StoredConnection } from '../../src/storage/connections.ts'

const asked = vi.hoisted(() => ({ atMs: [] as number[] }))

vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number, value: unknown, options: { readonly signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      options.signal?.throwIfAborted()
      const timer = setTimeout(resolve, milliseconds, value)
      options.signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(new Error('aborted'))
      })
    }),
}))
vi.mock('../../src/host/backend/resolve-connection.ts', () => ({ resolveConnection: async () => ({}) }))
vi.mock('../../src/host/backend/driving-engine.ts', () => ({
  openEngine: () =>
    ({
      engine: {
        facts: async () => {
          asked.atMs.push(Date.now())
          throw new TrancheError('target_unreachable', 'nobody listens there')
        },
      },
      target: { close: async () => undefined },
    }) as unknown as OpenedEngine, // nothing else of it is used before it answers
}))

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  asked.atMs = []
})

afterEach(() => {
  vi.useRealTimers()
})

function setup() {
  const context = { publisher: { publish: () => undefined } } as unknown as BackendContext // the link alone is looked at
  const connection = { connectionId: 'c1' } as StoredConnection
  return openTargetSession(context, connection, {} as CatalogueHolder)
}

it('tries a lost target at growing intervals, and says when the next try is', async () => {
  const session = setup()

  await vi.advanceTimersByTimeAsync(8_000)

  // A tenth of a second lies between two readings in any case.
  expect(asked.atMs).toEqual([0, 1_100, 3_200, 7_300])
  expect(session.head().link).toMatchObject({ kind: 'lost', tries: 4, nextTryAtMs: 15_300 })
  await session.close()
})

it('tries at once when somebody asks, and after that in its own time again', async () => {
  const session = setup()
  await vi.advanceTimersByTimeAsync(2_000)

  session.wake(null, { isUrgent: true })
  await vi.advanceTimersByTimeAsync(1_500)

  expect(asked.atMs).toEqual([0, 1_100, 2_100])
  await session.close()
})
