import { translateConnectError } from '../../../engine/target/translate-connect-error.ts'
import { openSocket, socketPath } from '../../connection/open-socket.ts'
import type { Place } from '../../connection/resolve-target.ts'
import { type Finding, holds } from './finding.ts'

/** Opens a socket to where the connection leads. Throws target_unreachable. */
export async function askReach(place: Place, timeoutMs: number): Promise<Finding> {
  try {
    const socket = await openSocket(place, timeoutMs)
    const address = socket.remoteAddress
    socket.destroy()
    return holds(`${wordsFor(place, address)} answers`)
  } catch (error) {
    throw translateConnectError(error, { ...place, tls: false, password: () => Promise.resolve(null) })
  }
}

function wordsFor(place: Place, address: string | undefined): string {
  const { host, port } = place
  if (host.startsWith('/')) return socketPath(place)
  return address === undefined || address === host ? `${host}:${String(port)}` : `${host}:${String(port)} (${address})`
}
