/** A `postgres://` URL as explicit settings. pg is never handed the URL: what it reads into one changes with its versions. */
import { TrancheError } from '../../shared/errors.ts'
import { type ConnectionSettings, supportedSettings } from './connection-settings.ts'

const FORM =
  /^postgres(?:ql)?:\/\/(?:(?<login>[^/?#]*)@)?(?<place>[^/?#@]*)(?:\/(?<dbname>[^?#/]*))?(?:\?(?<query>[^#]*))?$/i
const PLACE = /^(?<host>\[[0-9a-f:.%]+\]|[^:[\]]*)(?::(?<port>\d*))?$/i

/** Throws invalid_target; its messages never repeat the URL, which may hold a password. */
export function parseTargetUrl(url: string): ConnectionSettings {
  const parts = FORM.exec(url.trim())?.groups
  if (parts === undefined) throw invalid(whyMalformed(url))
  const { login = '', place = '', dbname = '', query = '' } = parts
  if (place.includes(',')) {
    throw invalid(
      'the target URL names several hosts',
      'Name the primary alone: Tranche must know which server it writes to.',
    )
  }
  const { host, port } = parsePlace(place)
  const [user, ...password] = login.split(':')
  const given: [string, string][] = [
    ['user', decode(user ?? '', 'user')],
    ['password', decode(password.join(':'), 'password')],
    ['host', host],
    ['port', port],
    ['dbname', decode(dbname, 'database')],
  ]
  const present = given.filter(([, value]) => value !== '')
  const settings = supportedSettings([...present, ...parseQuery(query)], 'the target URL')
  if (settings.host?.includes(',') === true || settings.port?.includes(',') === true) {
    throw invalid(
      'the target URL names several hosts',
      'Name the primary alone: Tranche must know which server it writes to.',
    )
  }
  return settings
}

function parsePlace(place: string): { readonly host: string; readonly port: string } {
  const parts = PLACE.exec(place)?.groups
  if (parts === undefined)
    throw invalid(
      'host and port of the target URL cannot be read',
      'Write an IPv6 address in brackets: postgres://[::1]:5432/app',
    )
  const { host = '', port = '' } = parts
  return { host: decode(host.replaceAll(/^\[|\]$/g, ''), 'host'), port }
}

function parseQuery(query: string): readonly (readonly [string, string])[] {
  const pairs = query.split('&').filter((pair) => pair !== '')
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    const decoded = [decode(name, 'parameter'), decode(value.join('='), `parameter ${name}`)] as const
    // As JDBC writes it; libpq reads it the same way.
    return decoded[0] === 'ssl' && decoded[1] === 'true' ? (['sslmode', 'require'] as const) : decoded
  })
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(`the ${part} of the target URL has a broken percent escape`, 'Write a percent sign itself as %25.')
  }
}

function whyMalformed(url: string): string {
  if (!/^postgres(ql)?:\/\//i.test(url.trim()))
    return 'the target is not a URL that begins with postgres:// or postgresql://'
  return 'the target URL cannot be read'
}

function invalid(
  message: string,
  remedy = 'Write it as postgres://user@host:5432/database, with / ? # @ and % in a name or password percent-encoded.',
): TrancheError {
  return new TrancheError('invalid_target', message, { remedy })
}
