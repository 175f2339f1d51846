/** A backend that is opened by its first use. Where that fails each call says why, and the next one tries again. */
import { toAppError } from '../shared/errors.ts'
import type { Backend } from './create-backend.ts'

export function createLazyBackend(open: () => Promise<Backend>): Backend {
  let opened: Promise<Backend> | null = null
  const waiting = new Set<(backend: Backend) => void>()

  async function backend(): Promise<Backend> {
    opened ??= open().then(
      (backend) => {
        for (const listener of waiting) listener(backend)
        waiting.clear()
        return backend
      },
      (error: unknown) => {
        opened = null
        throw error
      },
    )
    return opened
  }

  return {
    async serve(method, input, context) {
      try {
        return await (await backend()).serve(method, input, context)
      } catch (error) {
        return { ok: false, error: toAppError(error) }
      }
    },
    subscribe(listener) {
      let unsubscribe: (() => void) | null = null
      const begin = (backend: Backend): void => {
        unsubscribe = backend.subscribe(listener)
      }
      if (opened === null) waiting.add(begin)
      else void opened.then(begin, () => waiting.add(begin))
      return () => {
        waiting.delete(begin)
        unsubscribe?.()
      }
    },
    clientGone(clientId) {
      opened?.then(
        (backend) => {
          backend.clientGone(clientId)
        },
        () => undefined,
      )
    },
    async close() {
      const backend = await opened?.catch(() => null)
      await backend?.close()
    },
  }
}
