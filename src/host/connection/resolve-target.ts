/**
 * Which database is meant, and what kind of place it is. Order as in libpq: URL, service, PG* variables, defaults. Everything
 * that forbids to go on is found before the first byte is sent.
 */
import { userInfo } from 'node:os'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { translateConnectError } from '../../engine/target/translate-connect-error.ts'
import type { Environment } from '../../shared/confirmations.ts'
import { TrancheError } from '../../shared/errors.ts'
import { findPracticeTarget } from '../practice/find-practice-target.ts'
import { namedPractice } from '../practice/practice-url.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { findDefaultHost, isLocalHost } from './default-host.ts'
import { findPassword } from './find-password.ts'
import { offersTls } from './offers-tls.ts'
import { type Command, passwordOf } from './password-command.ts'
import { parseTargetUrl } from './parse-target-url.ts'
import { readEnvironment } from './read-environment.ts'
import { type Environ, readService } from './read-service.ts'
import { parseSslMode, type SslMode, tlsOptions } from './tls-options.ts'

export interface TargetRequest {
  readonly url: string | null
  readonly connection: string | null
  /** As the operator named it, or null. */
  readonly environment: Environment | null
  /** Refuse a place whose environment nobody named. */
  readonly isWriting: boolean
  /** The URL, or its service, must name the database: PGDATABASE means another one. */
  readonly needsDatabase?: boolean
  readonly env: Environ
  /** The program that prints the password, unless the URL holds one. */
  readonly passwordCommand?: Command | null
  /** The checkout, where the practice server keeps its state. */
  readonly projectFolder: string
  readonly warn: (message: string) => void
}

export interface ResolvedTarget {
  readonly parameters: TargetParameters
  /** null: elsewhere, and nobody said what it is; nothing may be written there. */
  readonly environment: Environment | null
  readonly connectTimeoutMs: number
  /** Whether a password is known without asking a person. */
  hasPassword(): Promise<boolean>
  /** What a person typed; it is used from the next connection on. */
  setPassword(password: string): void
}

const CONNECT_TIMEOUT_MS = 10_000

/** Throws invalid_target, unknown_connection, practice_not_running, environment_required, password_in_url, target_unreachable. */
export async function resolveTarget(request: TargetRequest): Promise<ResolvedTarget> {
  if (request.connection !== null) return resolveConnection(request.connection, request)
  const fromUrl = request.url === null ? {} : parseTargetUrl(request.url)
  const fromVariables = readEnvironment(request.env)
  const service = fromUrl.service ?? fromVariables.service
  const fromService = service === undefined ? {} : await readService(service, request.env)
  if (request.needsDatabase === true && (fromUrl.dbname ?? fromService.dbname) === undefined) throw databaseUnnamed()
  const settings: ConnectionSettings = { ...fromVariables, ...fromService, ...fromUrl }
  const place = await locate(settings)
  const environment = request.environment ?? (isLocalHost(place.host) ? 'development' : null)
  assertEnvironmentNamed(request, place.host, environment)
  if (fromUrl.password !== undefined || fromUrl.sslpassword !== undefined) tellPasswordInUrl(request, environment)
  warnOfName(request, place, environment)
  const passwordCommand = chooseCommand(request, fromUrl)
  return open({ ...request, passwordCommand }, { settings, place, environment })
}

/** A saved connection: its settings alone count, no variable of the environment does. Throws invalid_target, target_unreachable. */
export async function resolveSettings(
  given: ConnectionSettings,
  { environment, env, warn }: Pick<TargetRequest, 'env' | 'warn'> & { readonly environment: Environment },
): Promise<ResolvedTarget> {
  const settings = await withService(given, env)
  return open({ env, warn }, { settings, place: await locate(settings), environment })
}

/** Where settings lead, without asking anybody there. Throws invalid_target. */
export async function locateSettings(given: ConnectionSettings, env: Environ): Promise<Place> {
  return locate(await withService(given, env))
}

/** Settings with those of the service that they name behind them. Throws invalid_target. */
export async function withService(given: ConnectionSettings, env: Environ): Promise<ConnectionSettings> {
  const service = given.service === undefined ? {} : await readService(given.service, env)
  return { ...service, ...given }
}

async function resolveConnection(name: string, request: TargetRequest): Promise<ResolvedTarget> {
  if (name !== 'practice') {
    throw new TrancheError('unknown_connection', `there is no connection "${name}"`, {
      remedy: 'The only one is "practice"; name any other database with --target URL or the PG* variables.',
      details: { known: ['practice'] },
    })
  }
  if (request.environment !== null && request.environment !== 'practice') {
    throw new TrancheError('usage', `the connection "practice" is never ${request.environment}`, {
      remedy: 'Leave --environment out.',
    })
  }
  const named = namedPractice(request.env)
  // Its password stands in a variable, not in the list of processes: nothing is to be warned of.
  if (named !== null) {
    return resolveTarget({ ...request, ...named, connection: null, environment: 'practice', warn: () => undefined })
  }
  const parameters = await findPracticeTarget(request.projectFolder)
  if (parameters === null) {
    throw new TrancheError('practice_not_running', 'the practice database does not run', {
      remedy: 'Start it with: npm start',
    })
  }
  return practiceTarget(parameters)
}

export function practiceTarget(parameters: TargetParameters): ResolvedTarget {
  return {
    parameters,
    environment: 'practice',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    hasPassword: async () => (await parameters.password()) !== null,
    setPassword: () => undefined,
  }
}

function databaseUnnamed(): TrancheError {
  return new TrancheError('invalid_target', 'the URL does not name the database', {
    remedy: 'Write its name behind the host: postgres://user@host:port/database.',
  })
}

export interface Place {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

async function locate(settings: ConnectionSettings): Promise<Place> {
  const port = parseWhole('port', settings.port ?? '5432', 65_535)
  const host = settings.host ?? (await findDefaultHost(port))
  if (host.includes(','))
    throw new TrancheError('invalid_target', `the host ${host} names several hosts`, {
      remedy: 'Name the primary alone.',
    })
  if (host.startsWith('@'))
    throw new TrancheError('invalid_target', 'abstract sockets are not supported', {
      remedy: 'Name the folder of the socket.',
    })
  const user = settings.user ?? userInfo().username
  return { host, port, user, database: settings.dbname ?? user }
}

function assertEnvironmentNamed({ isWriting }: TargetRequest, host: string, environment: Environment | null): void {
  if (environment !== null || !isWriting) return
  throw new TrancheError(
    'environment_required',
    `${host} is not this machine, and nobody said what kind of place it is`,
    {
      remedy: 'Add --environment development, staging or production. It decides what has to be confirmed.',
      details: { host },
    },
  )
}

function tellPasswordInUrl({ warn }: TargetRequest, environment: Environment | null): void {
  const instead = 'use PGPASSWORD, ~/.pgpass, a service or the prompt'
  if (environment === 'production') {
    throw new TrancheError(
      'password_in_url',
      'the target URL holds a password; that is refused for production, since other users can read it in the list of processes',
      {
        remedy: `Take it out of the URL: ${instead}.`,
      },
    )
  }
  warn(`the target URL holds a password, which other users can read in the list of processes: ${instead} instead`)
}

function chooseCommand(
  { passwordCommand = null, warn }: TargetRequest,
  { password }: ConnectionSettings,
): Command | null {
  if (passwordCommand === null || password === undefined) return passwordCommand
  warn('the password command is not asked: the target URL holds a password')
  return null
}

function warnOfName({ warn }: TargetRequest, place: Place, environment: Environment | null): void {
  const warning = environment === null ? null : suspiciousName(place, environment)
  if (warning !== null) warn(warning)
}

/** What to answer where a name and the environment do not go together; null where they do. */
export function suspiciousName(
  { host, database }: Pick<Place, 'host' | 'database'>,
  environment: Environment,
): string | null {
  if (environment === 'production') return null
  const name = [host, database].find((each) => /prod|live|primary|master/i.test(each))
  return name === undefined ? null : `"${name}" sounds like production, but the environment is ${environment}`
}

interface Opening {
  readonly settings: ConnectionSettings
  readonly place: Place
  readonly environment: Environment | null
}

async function open(
  { warn, env, passwordCommand = null }: Pick<TargetRequest, 'env' | 'warn' | 'passwordCommand'>,
  { settings, place, environment }: Opening,
): Promise<ResolvedTarget> {
  const connectTimeoutMs =
    settings.connect_timeout === undefined
      ? CONNECT_TIMEOUT_MS
      : parseWhole('connect_timeout', settings.connect_timeout, 3_600) * 1000 || CONNECT_TIMEOUT_MS
  let typed: string | null = null
  const question = { ...place, known: settings.password ?? null, passfile: settings.passfile ?? null, env, warn }
  // Read at each connection: a token in the password file may be a fresh one by then.
  const ask = passwordCommand === null ? () => findPassword(question) : passwordOf(passwordCommand, { place, env })
  const password = async (): Promise<string | null> => typed ?? (await ask())
  const mode = await chooseMode({ settings, place, environment }, { warn, connectTimeoutMs })
  return {
    parameters: { ...place, password, tls: await tlsOptions(mode, place.host, { settings, env }) },
    environment,
    connectTimeoutMs,
    // A command is not asked for nothing: it may want a fingerprint each time.
    hasPassword: async () => passwordCommand !== null || (await password()) !== null,
    setPassword(given) {
      typed = given
    },
  }
}

/**
 * The mode to connect with. Without one production is verified in full; everywhere else libpq's `prefer` holds. Allow and
 * prefer ask the server first and encrypt when it can.
 */
async function chooseMode(
  { settings, place, environment }: Opening,
  { warn, connectTimeoutMs }: { readonly warn: (message: string) => void; readonly connectTimeoutMs: number },
): Promise<SslMode> {
  const isRemote = !isLocalHost(place.host)
  const fallback = environment === 'production' && isRemote ? 'verify-full' : 'prefer'
  const asked = settings.sslmode === undefined ? fallback : parseSslMode(settings.sslmode)
  if (settings.sslrootcert === 'system') return verifiedBySystem(settings, place)
  const isEither = asked === 'allow' || asked === 'prefer'
  const mode =
    isEither && !place.host.startsWith('/') ? await probe(place, connectTimeoutMs) : isEither ? 'disable' : asked
  if (environment === 'production' && isRemote && mode === 'disable') {
    warn('the connection to production is not encrypted: rows and statements can be read on the way')
  }
  return mode
}

/** As libpq: where any authority of the system counts, only the name says which server answers. */
function verifiedBySystem({ sslmode = 'verify-full' }: ConnectionSettings, { host }: Place): SslMode {
  // No TLS on a socket.
  if (sslmode === 'verify-full' || host.startsWith('/')) return 'verify-full'
  throw new TrancheError('invalid_target', `sslmode=${sslmode} is too weak for sslrootcert=system`, {
    remedy: 'Use sslmode=verify-full, or leave it out.',
  })
}

async function probe(place: Place, connectTimeoutMs: number): Promise<SslMode> {
  try {
    return (await offersTls(place, connectTimeoutMs)) ? 'prefer' : 'disable'
  } catch (error) {
    throw translateConnectError(error, { ...place, tls: false, password: () => Promise.resolve(null) })
  }
}

function parseWhole(name: string, text: string, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max && (name !== 'port' || value > 0)) return value
  throw new TrancheError(
    'invalid_target',
    `${name} is ${JSON.stringify(text)}; expected a whole number up to ${String(max)}`,
    {
      remedy: `Correct the ${name} in the URL, the service or the PG* variables.`,
    },
  )
}
