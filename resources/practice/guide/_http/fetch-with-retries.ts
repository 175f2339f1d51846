/** An external service as a migration should ask it: with a limit for each try, and patience that ends. */

const TRIES = 3
const TRY_LIMIT_MS = 5_000
const FIRST_WAIT_MS = 50

export type Answered = { readonly kind: 'found'; readonly body: unknown } | { readonly kind: 'not_found' }

/** Tries again where the service is unreachable, too slow, busy (429) or broken (5xx). Throws what the last try met. */
export async function fetchWithRetries(url: string): Promise<Answered> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await fetchOnce(url)
    } catch (error) {
      if (tried === TRIES || error instanceof Refused) throw error
      await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 4 ** (tried - 1)))
    }
  }
}

async function fetchOnce(url: string): Promise<Answered> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TRY_LIMIT_MS) })
  if (response.ok) return { kind: 'found', body: await response.json() }
  // The connection is free for the next request only once the answer has been read.
  await response.body?.cancel()
  if (response.status === 404) return { kind: 'not_found' }
  const message = `${url} answered ${response.status} ${response.statusText}`
  throw response.status === 429 || response.status >= 500 ? new Error(message) : new Refused(message)
}

/** An answer that will be the same the next time. */
class Refused extends Error {}
