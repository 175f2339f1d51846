/** Whether the way to the server is encrypted, by whom its certificate is, and what of it a connection would verify. */
import type { ConnectionOptions } from 'node:tls'
import { translateConnectError } from '../../../engine/target/translate-connect-error.ts'
import type { TargetParameters } from '../../../engine/target/parameters.ts'
import { lookAtTls, type TlsSight } from '../../connection/look-at-tls.ts'
import { offersTls } from '../../connection/offers-tls.ts'
import { whatIsVerified } from '../../connection/tls-options.ts'
import { failed, type Finding, holds, note } from './finding.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** An authority's usual last call. */
const SOON_DAYS = 30

type Encrypted = Extract<TlsSight, { kind: 'encrypted' }>

/** Throws target_unreachable where the handshake does not come to an end. */
export async function askTls(parameters: TargetParameters, timeoutMs: number): Promise<Finding> {
  const { tls, host } = parameters
  if (host.startsWith('/')) return holds('a socket of this machine')
  try {
    if (tls === false) return describePlain(await offersTls(parameters, timeoutMs))
    const sight = await lookAtTls(parameters, tls, timeoutMs)
    return sight.kind === 'plain' ? offersNone() : judge(sight, tls, Date.now())
  } catch (error) {
    throw translateConnectError(error, parameters)
  }
}

function describePlain(isOffered: boolean): Finding {
  return isOffered
    ? note('not encrypted, though the server offers TLS', 'Use sslmode verify-full.')
    : note(
        'not encrypted: the server offers no TLS, and rows and statements can be read on the way',
        'Switch ssl on at the server where the way to it is not yours alone.',
      )
}

function offersNone(): Finding {
  return failed(
    'the server offers no TLS, and this connection asks for it',
    'Switch ssl on at the server; sslmode disable is for a way that is yours alone.',
  )
}

function judge(sight: Encrypted, tls: ConnectionOptions, nowMs: number): Finding {
  const { protocol, flaw, validUntilMs } = sight
  const verified = whatIsVerified(tls)
  const whose = `certificate of ${sight.names.join(', ')} by ${sight.issuer}, valid until ${new Date(validUntilMs).toISOString().slice(0, 10)}`
  if (verified === 'nothing') {
    return note(
      `${protocol}; the server is not verified; ${whose}`,
      flaw === null
        ? 'Use sslmode verify-full: this certificate holds.'
        : 'Name the certificate of its issuer with sslrootcert, and use sslmode verify-full.',
    )
  }
  if (flaw !== null) return failed(`${protocol}; not accepted: ${reasonOf(flaw)}; ${whose}`, remedyFor(flaw, sight))
  const text = `${protocol}; ${verified} verified; ${whose}`
  const daysLeft = Math.floor((validUntilMs - nowMs) / DAY_MS)
  return daysLeft < SOON_DAYS
    ? note(text, `It ends in ${String(daysLeft)} days: let it be renewed before that.`)
    : holds(text)
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is its own issuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody here knows its issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'nobody here knows its issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody here knows its issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody here knows its issuer',
}

function reasonOf(flaw: string): string {
  return REASONS[flaw] ?? flaw
}

function remedyFor(flaw: string, { names }: Encrypted): string {
  switch (flaw) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `Connect by a name that it is for (${names.join(', ')}), or use sslmode verify-ca where its issuer is enough.`
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'Let the certificate be renewed; compare the clocks first.'
    default:
      return 'Name the certificate of its issuer with sslrootcert.'
  }
}
