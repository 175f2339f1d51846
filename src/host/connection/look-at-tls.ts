/** A handshake for its own sake: what the server shows of itself, and whether the options of a connection would accept it. */
import type { Socket } from 'node:net'
import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'
import { askForTls } from './offers-tls.ts'
import { openSocket, type SocketPlace } from './open-socket.ts'

export type TlsSight =
  /** The server speaks no TLS. */
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'encrypted'
      /** TLSv1.3 */
      readonly protocol: string
      /** Node's code of what is wrong with the certificate by these options; null: nothing is. */
      readonly flaw: string | null
      readonly issuer: string
      /** What the certificate is for: host names and addresses. */
      readonly names: readonly string[]
      readonly validUntilMs: number
    }

/** Rejects when the server cannot be reached, or ends the handshake. Nothing is said of who connects, but for a client certificate. */
export async function lookAtTls(place: SocketPlace, options: ConnectionOptions, timeoutMs: number): Promise<TlsSight> {
  const socket = await openSocket(place, timeoutMs)
  try {
    return (await askForTls(socket)) ? describe(await shakeHands(socket, options)) : { kind: 'plain' }
  } finally {
    socket.destroy()
  }
}

/** Judged by the options, but not broken off: a certificate that is not accepted should still say whose it is. */
async function shakeHands(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tls = connect({ ...options, socket, rejectUnauthorized: false }, () => {
      resolve(tls)
    })
    tls.once('error', reject)
    socket.once('timeout', () => {
      reject(new Error('timeout expired'))
    })
    socket.once('close', () => {
      reject(new Error('the server ended the TLS handshake'))
    })
  })
}

function describe(tls: TLSSocket): TlsSight {
  const certificate = tls.getPeerCertificate()
  return {
    kind: 'encrypted',
    protocol: tls.getProtocol() ?? 'TLS',
    // Declared as an error; it is that error's code, or its message where it has none.
    flaw: tls.authorized ? null : String(tls.authorizationError),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate),
    validUntilMs: Date.parse(certificate.valid_to),
  }
}

function namesOf({ subject, subjectaltname }: PeerCertificate): readonly string[] {
  const names = (subjectaltname ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''))
  return subjectaltname === undefined ? [nameOf(subject)] : names
}

function nameOf({ CN, O }: PeerCertificate['subject']): string {
  const [name] = [CN, O].flat().filter((each) => each !== undefined && each !== '')
  return name ?? 'somebody without a name'
}
