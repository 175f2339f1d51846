/** The form of a connection as it is typed, and what the contract takes. */
import type { Environment } from '../../../../shared/confirmations.ts'
import { readCommand, writeCommand } from '../../../../shared/command-words.ts'
import type { ConnectionView } from '../../../../shared/connection-view.ts'

export interface DraftForm {
  name: string
  environment: Environment | null
  by: 'url' | 'fields'
  url: string
  host: string
  port: string
  database: string
  user: string
  sslmode: SslMode | ''
  password: string
  passwordCommand: string
  catalogueFolder: string
  trackingSchema: string
  logicalDatabase: string
  others: OtherDatabase[]
}

/** What definitions reach beside their own database. */
export interface OtherDatabase {
  name: string
  connectionId: string
}

export const SSL_MODES = {
  '': 'as the server offers',
  disable: 'not encrypted',
  require: 'encrypted; the server is not verified',
  'verify-ca': 'encrypted; the issuer is verified',
  'verify-full': 'encrypted; server name and issuer are verified',
} as const

type SslMode = Exclude<keyof typeof SSL_MODES, ''>

const EMPTY_DRAFT: DraftForm = {
  name: '',
  environment: null,
  by: 'url',
  url: '',
  host: '',
  port: '5432',
  database: '',
  user: '',
  sslmode: '',
  password: '',
  passwordCommand: '',
  catalogueFolder: '',
  trackingSchema: 'tranche',
  logicalDatabase: 'main',
  others: [],
}

/** A new form each time: its rows are written into. */
export function emptyDraft(): DraftForm {
  return { ...EMPTY_DRAFT, others: [] }
}

export function draftOf(connection: ConnectionView): DraftForm {
  const { name, environment, host, port, database, user, sslmode, catalogueFolder, trackingSchema } = connection
  return {
    ...EMPTY_DRAFT,
    by: 'fields',
    name,
    environment,
    host,
    port: String(port),
    database,
    user,
    sslmode: isSslMode(sslmode) ? sslmode : '',
    passwordCommand: connection.passwordCommand === null ? '' : writeCommand(connection.passwordCommand),
    catalogueFolder: catalogueFolder ?? '',
    trackingSchema,
    logicalDatabase: connection.logicalDatabase,
    others: Object.entries(connection.otherDatabases).map(([name, connectionId]) => ({ name, connectionId })),
  }
}

export interface GivenDraft {
  name: string
  environment: Environment
  place:
    | { kind: 'url'; url: string }
    | { kind: 'fields'; host: string; port: number; database: string; user: string; sslmode?: SslMode }
  password?: string
  passwordCommand: string | null
  catalogueFolder: string | null
  trackingSchema: string
  logicalDatabase: string
  otherDatabases: Record<string, string>
}

/** What can be sent, or the words of what is missing. */
export function givenOf(form: DraftForm): { readonly given: GivenDraft } | { readonly missing: string } {
  const { environment, sslmode } = form
  const command = form.passwordCommand.trim()
  const missing = [
    ...(form.name.trim() === '' ? ['a name'] : []),
    ...(environment === null ? ['an environment'] : []),
    ...(form.by === 'url' ? (form.url.trim() === '' ? ['a URL'] : []) : missingFields(form)),
    ...missingNames(form),
    ...(command === '' || readCommand(command) !== null ? [] : ['a password command that can be read']),
  ]
  if (environment === null || missing.length > 0) return { missing: `Needs ${missing.join(', ')}.` }
  const place: GivenDraft['place'] =
    form.by === 'url'
      ? { kind: 'url', url: form.url.trim() }
      : {
          kind: 'fields',
          host: form.host.trim(),
          port: Number(form.port),
          database: form.database.trim(),
          user: form.user.trim(),
          ...(sslmode === '' ? {} : { sslmode }),
        }
  return {
    given: {
      name: form.name.trim(),
      environment,
      place,
      ...(form.password === '' ? {} : { password: form.password }),
      passwordCommand: command === '' ? null : command,
      catalogueFolder: form.catalogueFolder.trim() === '' ? null : form.catalogueFolder.trim(),
      trackingSchema: form.trackingSchema.trim() === '' ? 'tranche' : form.trackingSchema.trim(),
      logicalDatabase: form.logicalDatabase.trim(),
      otherDatabases: Object.fromEntries(form.others.map(({ name, connectionId }) => [name.trim(), connectionId])),
    },
  }
}

/** What a test is of, as text: all but how it is called here and where its definitions lie. null: something is missing. */
export function testedOf(form: DraftForm): string | null {
  const draft = givenOf(form)
  return 'given' in draft ? JSON.stringify({ ...draft.given, name: null, catalogueFolder: null }) : null
}

function missingFields({ host, port, database, user }: DraftForm): readonly string[] {
  return [
    ...(host.trim() === '' ? ['a host'] : []),
    ...(/^\d{1,5}$/.test(port.trim()) ? [] : ['a port']),
    ...(database.trim() === '' ? ['a database'] : []),
    ...(user.trim() === '' ? ['a user'] : []),
  ]
}

/** Names of logical databases as definitions write them, each once. */
function missingNames({ logicalDatabase, others }: DraftForm): readonly string[] {
  const names = [logicalDatabase, ...others.map(({ name }) => name)].map((name) => name.trim())
  return [
    ...(names.every((name) => /^[A-Za-z]\w*$/.test(name)) ? [] : ['logical databases of letters, digits and _']),
    ...(new Set(names).size === names.length ? [] : ['each logical database once']),
    ...(others.every(({ connectionId }) => connectionId !== '') ? [] : ['a connection for each other database']),
  ]
}

function isSslMode(text: string | null): text is SslMode {
  return text !== null && text !== '' && Object.hasOwn(SSL_MODES, text)
}
