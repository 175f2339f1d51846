/** Connection settings under libpq's own names, from a URL, a service file or the environment, and what of them is supported. */
import { TrancheError } from '../../shared/errors.ts'

export const SETTING_NAMES = [
  'host', 'port', 'dbname', 'user', 'password', 'passfile', 'service', 'connect_timeout',
  'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword',
] as const // prettier-ignore

export type SettingName = (typeof SETTING_NAMES)[number]

export type ConnectionSettings = Readonly<Partial<Record<SettingName, string>>>

/**
 * Settings that are not supported, with the values that ask for nothing but what is done anyway. Everything else is
 * refused by its name: a setting that is silently dropped may be the one that kept a connection safe.
 */
const HARMLESS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    channel_binding: ['disable', 'prefer'],
    client_encoding: ['utf8', 'UTF8', 'UTF-8', 'auto'],
    gssencmode: ['disable', 'prefer'],
    load_balance_hosts: ['disable'],
    require_auth: [],
    ssl_min_protocol_version: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    sslcompression: ['0'],
    sslnegotiation: ['postgres'],
    sslsni: ['1'],
    // A standby is refused by every command that writes, whatever this says.
    target_session_attrs: ['any', 'read-write', 'primary'],
  }),
)

/** The supported ones of `given`. `origin` says to people where they stand. Throws invalid_target on any other. */
export function supportedSettings(given: Iterable<readonly [string, string]>, origin: string): ConnectionSettings {
  const settings: Partial<Record<SettingName, string>> = {}
  for (const [name, value] of given) {
    if (isSettingName(name)) settings[name] = value
    else if (HARMLESS.get(name)?.includes(value) !== true) throw unsupported(name, origin)
  }
  return settings
}

function isSettingName(name: string): name is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(name)
}

function unsupported(name: string, origin: string): TrancheError {
  const remedy =
    name === 'options'
      ? 'Remove it: Tranche sets what it needs in each transaction. Settings of a role belong to ALTER ROLE … SET.'
      : name === 'hostaddr'
        ? 'Give the address as the host instead.'
        : 'Remove it, or connect in a way that does not need it.'
  return new TrancheError('invalid_target', `${origin} has "${name}", which is not supported`, {
    remedy,
    details: { setting: name },
  })
}
