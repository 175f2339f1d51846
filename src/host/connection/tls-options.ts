/** libpq's sslmode as Node's TLS options. The object is built here, because pg reads `require` as full verification, or not, by version. */
import { access, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { checkServerIdentity, type ConnectionOptions, getCACertificates } from 'node:tls'
import { messageOf, TrancheError } from '../../shared/errors.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import type { Environ } from './read-service.ts'

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

export type SslMode = (typeof SSL_MODES)[number]

/** Throws invalid_target on anything else. */
export function parseSslMode(text: string): SslMode {
  const mode = SSL_MODES.find((each) => each === text)
  if (mode !== undefined) return mode
  throw new TrancheError(
    'invalid_target',
    `sslmode is ${JSON.stringify(text)}; expected one of ${SSL_MODES.join(', ')}`,
    {
      remedy: 'Use verify-full where the server has a certificate that can be checked.',
    },
  )
}

/**
 * require: encrypted, the server is not verified (with a root certificate: as verify-ca, like libpq). verify-ca: the
 * chain. verify-full: chain and name. allow and prefer are require here; who calls has found out that the server speaks TLS.
 */
export async function tlsOptions(
  mode: SslMode,
  host: string,
  { settings, env }: TlsSources,
): Promise<ConnectionOptions | false> {
  if (mode === 'disable' || host.startsWith('/')) return false
  const ca = await readRoots(settings, env)
  const isVerified = mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && ca !== undefined)
  return {
    rejectUnauthorized: isVerified,
    ...(isVerified ? { checkServerIdentity: mode === 'verify-full' ? identityOf(host) : anyIdentity } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(await readClientCertificate(settings, env)),
  }
}

/** What a connection with these options refuses to go on without. */
export function whatIsVerified(options: ConnectionOptions): 'nothing' | 'issuer' | 'issuer and name' {
  if (options.rejectUnauthorized !== true) return 'nothing'
  return options.checkServerIdentity === anyIdentity ? 'issuer' : 'issuer and name'
}

/** The chain is enough. */
const anyIdentity = (): undefined => undefined

interface TlsSources {
  readonly settings: ConnectionSettings
  readonly env: Environ
}

/** Named here: for an address, which is no server name, Node would compare the certificate with "localhost". */
function identityOf(host: string): NonNullable<ConnectionOptions['checkServerIdentity']> {
  return (_name, certificate) => checkServerIdentity(host, certificate)
}

/** undefined: Node's own list of authorities. */
async function readRoots({ sslrootcert }: ConnectionSettings, env: Environ): Promise<string | string[] | undefined> {
  if (sslrootcert === 'system') return getCACertificates('system')
  if (sslrootcert !== undefined) return readNamed(sslrootcert, 'sslrootcert')
  return readDefault('root.crt', env)
}

async function readClientCertificate(
  { sslcert, sslkey, sslpassword }: ConnectionSettings,
  env: Environ,
): Promise<ConnectionOptions> {
  const cert = sslcert === undefined ? await readDefault('postgresql.crt', env) : await readNamed(sslcert, 'sslcert')
  const key = sslkey === undefined ? await readDefault('postgresql.key', env) : await readNamed(sslkey, 'sslkey')
  if (cert !== undefined && key !== undefined) {
    return { cert, key, ...(sslpassword === undefined ? {} : { passphrase: sslpassword }) }
  }
  if (sslcert === undefined && sslkey === undefined) return {}
  throw new TrancheError(
    'invalid_target',
    `${cert === undefined ? 'sslkey' : 'sslcert'} is given without its other half`,
    {
      remedy: 'A client certificate is two files: name both sslcert and sslkey.',
    },
  )
}

async function readDefault(name: string, env: Environ): Promise<string | undefined> {
  const home = env.HOME ?? homedir()
  const folder = process.platform === 'win32' ? join(env.APPDATA ?? home, 'postgresql') : join(home, '.postgresql')
  const path = join(folder, name)
  try {
    await access(path)
  } catch {
    return undefined
  }
  return readNamed(path, name)
}

async function readNamed(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new TrancheError('invalid_target', `${setting} ${path} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Check the path, and that this user may read the file.',
      cause,
    })
  }
}
