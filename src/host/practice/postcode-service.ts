/** The external service of the practice: which city has which postcode. It is as unreliable as real ones are. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const CITIES = [
  'Aarhus',
  'Bergen',
  'Cork',
  'Delft',
  'Essen',
  'Faro',
  'Graz',
  'Hasselt',
  'Izmir',
  'Jena',
  'Krakow',
] as const
const UNKNOWN = '00000'
/** Asking for this one breaks the service, each time. */
const BREAKING = 'broken'

export interface PostcodeService {
  /** Without a slash at its end: `/postcodes/12345` is behind it. */
  readonly url: string
  /** How many requests were answered with each status. */
  readonly answered: ReadonlyMap<number, number>
  /** Ends open requests too. */
  close(): Promise<void>
}

/** Which city a postcode has, as the service would say; null: it knows none. */
export function cityOfPostcode(postcode: string): string | null {
  if (postcode === UNKNOWN || !/^\d{5}$/.test(postcode)) return null
  return CITIES[Number(postcode) % CITIES.length] ?? null
}

/** On a free port of this machine's own address. The first request for every fifth postcode is answered with 503. */
export async function startPostcodeService(): Promise<PostcodeService> {
  const asked = new Set<string>()
  const answered = new Map<number, number>()
  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    answered.set(status, (answered.get(status) ?? 0) + 1)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = createServer(({ url = '' }, response) => {
    const postcode = /^\/postcodes\/(?<postcode>[^/]+)$/.exec(url)?.groups?.postcode ?? ''
    const isFirst = !asked.has(postcode)
    asked.add(postcode)
    const city = cityOfPostcode(postcode)
    if (postcode === BREAKING) answer(response, 500, { error: 'internal error' })
    else if (isFirst && Number(postcode) % 5 === 0 && city !== null) answer(response, 503, { error: 'busy' })
    else if (city === null) answer(response, 404, { error: 'unknown postcode' })
    else answer(response, 200, { city })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // it listens on a port, not on a path
  return {
    url: `http://127.0.0.1:${String(port)}`,
    answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
