/** What a test began and has not waited for: a missing `await` would let the test pass before anything was looked at. */
import { AsyncLocalStorage } from 'node:async_hooks'

interface Work {
  readonly name: string
  readonly ended: Promise<unknown>
}

// Tests of a file may run beside each other: each has its own.
const workOfTest = new AsyncLocalStorage<Set<Work> | undefined>()

/** `work`, noticed by the test that begins it. Its errors stay the caller's, so that none is lost where nobody waits. */
export function noticed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const open = workOfTest.getStore()
  if (open === undefined) return work()
  // What it does by itself is no work of the test.
  const ended = workOfTest.run(undefined, async () => {
    try {
      return await work()
    } finally {
      open.delete(entry)
    }
  })
  const entry: Work = { name, ended }
  open.add(entry)
  return ended
}

/** A test's body. Throws what it throws, and where work of it is open at its end, when that has ended as well. */
export async function withoutOpenWork(body: () => Promise<void> | void): Promise<void> {
  const open = new Set<Work>()
  const [own] = await Promise.allSettled([workOfTest.run(open, async () => body())])
  const left = [...open]
  const ends = await Promise.allSettled(left.map(({ ended }) => ended))
  if (left.length === 0) {
    if (own.status === 'rejected') throw own.reason
    return
  }
  const lines = left.map(({ name }, index) => `${name}${failureOf(ends[index])}`)
  // Of Promise.all the first error ends the test: it is the cause, and the others are still running.
  if (own.status === 'rejected')
    throw new Error([textOf(own.reason), 'Not ended by then (is an await missing?):', ...lines].join('\n'), {
      cause: own.reason,
    })
  throw new Error(['the test ended before this did, write await in front of it:', ...lines].join('\n'))
}

function failureOf(end: PromiseSettledResult<unknown> | undefined): string {
  return end?.status === 'rejected' ? `, which then threw: ${textOf(end.reason)}` : ''
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
