import type { Environ } from '../connection/read-service.ts'

export interface NamedPractice {
  readonly url: string
  /** Without PG*: somebody's production may be exported there, and must not fill the gaps of the URL. */
  readonly env: Environ
}

/** The database that TRANCHE_PRACTICE_URL names for practice, or null. */
export function namedPractice(env: Environ): NamedPractice | null {
  const { TRANCHE_PRACTICE_URL: url = '', ...others } = env
  if (url === '') return null
  return { url, env: Object.fromEntries(Object.entries(others).filter(([name]) => !name.startsWith('PG'))) }
}
