/** What a command is given: its terminal, the signal that asks it to stop, and the way to the target. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { DEFAULT_DATABASE } from '../engine/context.ts'
import type { Engine } from '../engine/engine.ts'
import type { Logger } from '../engine/ports.ts'
import type { Target } from '../engine/target/open-target.ts'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../host/connection/password-command.ts'
import { namesTarget } from '../host/connection/read-environment.ts'
import type { ResolvedTarget } from '../host/connection/resolve-target.ts'
import type { Environ } from '../host/connection/read-service.ts'
import type { EngineHost, OpenDatabase } from '../host/create-engine-host.ts'
import { readCommand } from '../shared/command-words.ts'
import { ENVIRONMENTS, type Environment, type WritingVerb } from '../shared/confirmations.ts'
import { TrancheError } from '../shared/errors.ts'
import type { HealthSettings } from '../shared/health-settings.ts'
import { ask } from './ask.ts'
import { asCallable } from './callable.ts'
import { confirm } from './confirm.ts'
import { parseDatabaseFlags } from './database-flags.ts'
import { createInput, type GivenFlags, type GlobalFlagName } from './flags.ts'
import { type LogFormat, parseLogFormat } from './log-format.ts'
import { qualifyIds, type Subject } from './subject.ts'
import type { Terminal } from './terminal.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

export interface OpenNeeds {
  /** What will be written, or null for a command that only reads. */
  readonly verb: WritingVerb | null
  /** `needed`: the command makes no sense without definitions; `welcome`: it tells more with them. Else none are loaded. */
  readonly catalogue?: 'needed' | 'welcome'
  /** Jobs that will be driven at the same time. */
  readonly parallel?: number
  /** Thresholds of the health indicators that differ from the defaults. */
  readonly health?: Partial<HealthSettings>
}

export interface Opened {
  readonly engine: Engine
  readonly catalogue: Catalogue | null
  readonly target: Target
  readonly trackingSchema: string
  /** The logical name of the database that `engine` and `target` are of. */
  readonly database: string
  /** null: nobody said what kind of place it is; nothing is written there then. */
  readonly environment: Environment | null
  /** Throws confirmation_required unless the verb may be done to `object` here. */
  readonly confirm: (object: string) => Promise<void>
  /** What a command without a subject is done to: the chosen database, else every one that is mapped. */
  readonly all: readonly OpenedDatabase[]
}

export type OpenedDatabase = Pick<Opened, 'engine' | 'target' | 'database' | 'environment' | 'confirm'>

export interface Session {
  readonly terminal: Terminal
  readonly logger: Logger
  readonly env: Environ
  readonly logFormat: LogFormat
  readonly signal: AbortSignal
  readonly isJson: boolean
  readonly trackingSchema: string
  /** Whether anything says which database is meant; without it libpq's defaults are left. */
  readonly namesTarget: boolean
  /** null: no catalogue was named. */
  readonly catalogueFolder: string | null
  open(needs: OpenNeeds): Promise<Opened>
  /** A text with commands in it, which can be copied: their ids are those of the opened database. */
  qualify(text: string): string
  close(): Promise<void>
}

export interface SessionOptions {
  readonly given: GivenFlags
  readonly env: Environ
  readonly terminal: Terminal
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly subject: Subject
}

/** Opens nothing yet. Throws usage on global flags that cannot be. */
export function createSession({ given, env, terminal, logger, signal, subject }: SessionOptions): Session {
  const globals = createInput<GlobalFlagName>([], given)
  const environment = parseEnvironment(globals.text('environment'))
  const trackingSchema = parseSchema(globals.text('tracking-schema'))
  const url = globals.text('target') ?? null
  const connection = globals.text('connection') ?? null
  if (url !== null && connection !== null) {
    throw new TrancheError('usage', '--target and --connection are given together', {
      remedy: 'Name the database once.',
    })
  }
  const passwordCommand = parsePasswordCommand(globals.text('password-command'), { env, connection })
  const databases = parseDatabaseFlags(globals.list('database'), url ?? connection)
  const isMainNamed =
    url !== null || connection !== null || (namesTarget(env) && !databases.mapped.has(DEFAULT_DATABASE))
  const catalogueFolder = findCatalogueFolder(globals.text('catalogue') ?? env.TRANCHE_CATALOGUE, connection)
  const canAsk = terminal.canAsk
  let host: EngineHost | null = null
  let about: string | null = null
  interface Confirming {
    readonly verb: WritingVerb | null
    readonly place: Environment | null
    readonly database: string
  }
  const confirming =
    ({ verb, place, database }: Confirming): Opened['confirm'] =>
    async (object) => {
      if (verb === null || place === null) return
      await confirm(
        { verb, object, database, environment: place },
        {
          yes: globals.isSet('yes'),
          phrase: globals.text('confirm') ?? null,
          ask: canAsk ? async (question) => ask(question, { signal }) : null,
        },
      )
    }
  return {
    terminal,
    logger,
    env,
    logFormat: parseLogFormat(globals.text('log-format') ?? env.TRANCHE_LOG_FORMAT ?? 'text'),
    signal,
    isJson: globals.isSet('json'),
    trackingSchema,
    namesTarget: isMainNamed || databases.mapped.size > 0,
    catalogueFolder,
    async open({ verb, catalogue: wanted, parallel = 1, health = {} }) {
      if (wanted === 'needed' && catalogueFolder === null) throw catalogueMissing()
      // Loaded here, so that help, version and wrong usage are answered without it.
      const { findDatabase, openDatabases, resolveDatabases } = await import('./open-databases.ts')
      const warn = (message: string): void => {
        terminal.note(`! ${message}`)
      }
      const resolved = await resolveDatabases(
        { main: isMainNamed || databases.mapped.size === 0 ? { url, connection } : null, mapped: databases.mapped },
        { environment, isWriting: verb !== null, env, projectFolder: PROJECT_FOLDER, warn, passwordCommand },
      )
      host = await openDatabases({
        resolved,
        catalogueFolder: wanted === undefined ? null : catalogueFolder,
        logger,
        trackingSchema,
        parallel,
        health,
      })
      const { catalogue } = host
      if (canAsk) for (const each of host.databases) await askForPassword(resolved.get(each.name), each, signal)
      const opened = host.databases.map(({ name, engine, target }): OpenedDatabase => {
        const place = resolved.get(name)?.environment ?? null
        const confirmed = confirming({ verb, place, database: target.database })
        return { database: name, environment: place, engine, target, confirm: confirmed }
      })
      const found = await findDatabase(host, databases.chosen, subject)
      about = found.name
      const own = opened.filter(({ database }) => database === found.name)
      const [first] = own
      if (first === undefined) throw new Error(`${found.name} was found and not opened`)
      return { ...first, catalogue, trackingSchema, all: databases.chosen === null ? opened : own }
    },
    qualify: (text) =>
      asCallable(about === null || about === DEFAULT_DATABASE ? text : qualifyIds(text, about), { env, connection }),
    async close() {
      await host?.close()
      host = null
    },
  }
}

/** As psql does it: first without, and only where the server wants one somebody is asked. The prompt must not stand inside a connect timeout. */
async function askForPassword(
  resolved: ResolvedTarget | undefined,
  { engine, target }: OpenDatabase,
  signal: AbortSignal,
): Promise<void> {
  if (resolved === undefined || (await resolved.hasPassword())) return
  try {
    await engine.facts()
  } catch (error) {
    if (!(error instanceof TrancheError) || error.code !== 'target_refused_login') throw error
    const typed = await ask(`Password for ${target.description}: `, { signal, isHidden: true })
    if (typed === null || typed === '') throw error
    resolved.setPassword(typed)
  }
}

function findCatalogueFolder(named: string | undefined, connection: string | null): string | null {
  if (named !== undefined && named !== '') return resolve(named)
  return connection === 'practice' ? resolve(PROJECT_FOLDER, 'resources/practice') : null
}

/** Definitions are code: they are loaded from where somebody said, never from wherever the command happens to be called. */
function catalogueMissing(): TrancheError {
  return new TrancheError('catalogue_missing', 'no catalogue is named, and this command needs the definitions', {
    remedy: 'Name the folder of definitions with --catalogue DIR or TRANCHE_CATALOGUE.',
  })
}

/** Throws usage. */
function parsePasswordCommand(
  given: string | undefined,
  { env, connection }: { readonly env: Environ; readonly connection: string | null },
): Command | null {
  if (given !== undefined && connection !== null) {
    throw new TrancheError('usage', '--password-command and --connection are given together', {
      remedy: `Leave --password-command out: the password of "${connection}" is known.`,
    })
  }
  const text = given ?? env.TRANCHE_PASSWORD_COMMAND ?? ''
  if (text === '' && given === undefined) return null
  const command = readCommand(text)
  if (command !== null) return command
  throw new TrancheError('usage', 'the password command cannot be read', {
    remedy: `Write its words with spaces between, quoted where they hold some, or as a JSON array: '["op", "read", "…"]'.`,
  })
}

function parseEnvironment(text: string | undefined): Environment | null {
  if (text === undefined) return null
  const environment = ENVIRONMENTS.find((each) => each === text)
  if (environment !== undefined) return environment
  throw new TrancheError(
    'usage',
    `--environment is ${JSON.stringify(text)}; expected one of ${ENVIRONMENTS.join(', ')}`,
    {
      remedy: 'Name the kind of place that the target is.',
    },
  )
}

function parseSchema(text = 'tranche'): string {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > 0 && bytes <= 63 && !text.includes('\0') && !text.startsWith('pg_')) return text
  throw new TrancheError(
    'usage',
    `--tracking-schema is ${JSON.stringify(text)}; expected a name of at most 63 bytes that does not begin with pg_`,
    {
      remedy: 'Choose another name; the default is tranche.',
    },
  )
}
