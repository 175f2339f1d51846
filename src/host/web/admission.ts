/** Who may talk to the web host: whoever came with a one-time token, and since then carries its cookie. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Admission {
  /** A new token, good for one visit. */
  issueToken(): string
  /** The cookie to set for this token, or null where it was never issued or is used up. */
  redeem(token: string): string | null
  hasCookie(request: IncomingMessage): boolean
  /** The name under which the browser reached us is ours: a foreign one may be a rebound DNS entry. */
  hasOwnHost(request: IncomingMessage): boolean
  /** The page that opens a socket is ours. */
  hasOwnOrigin(request: IncomingMessage): boolean
}

const LARGEST_TOKENS = 20

export function createAdmission(port: () => number): Admission {
  const tokens = new Set<string>()
  const session = secret()
  // Cookies know no ports: two consoles on this machine must not overwrite each other's.
  const cookieName = (): string => `tranche_${String(port())}`
  const hosts = (): readonly string[] => [`127.0.0.1:${String(port())}`, `localhost:${String(port())}`]
  return {
    issueToken() {
      const token = secret()
      tokens.add(token)
      const [oldest] = tokens
      if (tokens.size > LARGEST_TOKENS && oldest !== undefined) tokens.delete(oldest)
      return token
    },
    redeem(token) {
      const found = [...tokens].find((each) => isSame(each, token))
      if (found === undefined) return null
      tokens.delete(found)
      return `${cookieName()}=${session}; HttpOnly; SameSite=Strict; Path=/`
    },
    hasCookie({ headers }) {
      const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
      return pairs.some(([name, value = '']) => name === cookieName() && isSame(session, value))
    },
    hasOwnHost: ({ headers }) => hosts().includes(headers.host ?? ''),
    hasOwnOrigin: ({ headers }) => headers.origin === `http://${headers.host ?? ''}`,
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
