/** libpq's PG* variables as settings under libpq's names. */
import { type ConnectionSettings, supportedSettings } from './connection-settings.ts'
import type { Environ } from './read-service.ts'

/** PGAPPNAME, PGTZ and the like only dress a session; those that decide where and how safely one connects are all here. */
const VARIABLES: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGPASSFILE: 'passfile',
  PGSERVICE: 'service',
  PGOPTIONS: 'options',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGSSLCRLDIR: 'sslcrldir',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGCHANNELBINDING: 'channel_binding',
  PGREQUIREAUTH: 'require_auth',
  PGREQUIREPEER: 'requirepeer',
  PGGSSENCMODE: 'gssencmode',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
  PGLOADBALANCEHOSTS: 'load_balance_hosts',
}

/** Those that say which database is meant. */
const PLACES = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGSERVICE']

/** Throws invalid_target on a variable that is set and not supported. */
export function readEnvironment(env: Environ): ConnectionSettings {
  const entries = Object.entries(VARIABLES).flatMap(([variable, name]) => {
    const value = env[variable] ?? ''
    return value === '' ? [] : [{ variable, name, value }]
  })
  return Object.assign(
    {},
    ...entries.map(({ variable, name, value }) => supportedSettings([[name, value]], `the variable ${variable}`)),
  ) as ConnectionSettings // of such alone
}

export function namesTarget(env: Environ): boolean {
  return PLACES.some((variable) => (env[variable] ?? '') !== '')
}

/**
 * pg reads these behind our back, into startup packets that poolers refuse. They were read already, so they are
 * taken out of the process.
 */
export function hideFromDriver(env: NodeJS.ProcessEnv): void {
  for (const name of ['PGOPTIONS', 'PGSSLNEGOTIATION', 'PGSSLMODE', 'PGCLIENT_ENCODING', 'PGREPLICATION'])
    Reflect.deleteProperty(env, name)
}
