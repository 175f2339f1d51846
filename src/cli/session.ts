/** What a command is given: its terminal, the signal that asks it to stop, and the way to the target. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Engine } from '../engine/engine.ts'
import type { Logger } from '../engine/ports.ts'
import type { Target } from '../engine/target/open-target.ts'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { namesTarget } from '../host/connection/read-environment.ts'
import type { ResolvedTarget } from '../host/connection/resolve-target.ts'
import type { Environ } from '../host/connection/read-service.ts'
import type { EngineHost } from '../host/create-engine-host.ts'
import { ENVIRONMENTS, type Environment, type WritingVerb } from '../shared/confirmations.ts'
import { TrancheError } from '../shared/errors.ts'
import { ask } from './ask.ts'
import { confirm } from './confirm.ts'
import { createInput, type GivenFlags, type GlobalFlagName } from './flags.ts'
import type { Terminal } from './terminal.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

export interface OpenNeeds {
  /** What will be written, or null for a command that only reads. */
  readonly verb: WritingVerb | null
  /** `needed`: the command makes no sense without definitions; `welcome`: it tells more with them. Else none are loaded. */
  readonly catalogue?: 'needed' | 'welcome'
  /** Jobs that will be driven at the same time. */
  readonly parallel?: number
}

export interface Opened {
  readonly engine: Engine
  readonly catalogue: Catalogue | null
  readonly target: Target
  readonly trackingSchema: string
  /** Throws confirmation_required unless the verb may be done to `object` here. */
  readonly confirm: (object: string) => Promise<void>
}

export interface Session {
  readonly terminal: Terminal
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly isJson: boolean
  readonly trackingSchema: string
  /** Whether anything says which database is meant; without it libpq's defaults are left. */
  readonly namesTarget: boolean
  /** null: no catalogue was named. */
  readonly catalogueFolder: string | null
  open(needs: OpenNeeds): Promise<Opened>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly given: GivenFlags
  readonly env: Environ
  readonly terminal: Terminal
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Opens nothing yet. Throws usage on global flags that cannot be. */
export function createSession({ given, env, terminal, logger, signal }: SessionOptions): Session {
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
  const catalogueFolder = findCatalogueFolder(globals.text('catalogue') ?? env.TRANCHE_CATALOGUE, connection)
  const canAsk = terminal.canAsk
  let host: EngineHost | null = null
  return {
    terminal,
    logger,
    signal,
    isJson: globals.isSet('json'),
    trackingSchema,
    namesTarget: url !== null || connection !== null || namesTarget(env),
    catalogueFolder,
    async open({ verb, catalogue: wanted, parallel = 1 }) {
      if (wanted === 'needed' && catalogueFolder === null) throw catalogueMissing()
      // Loaded here, so that help, version and wrong usage are answered without them.
      const [{ resolveTarget }, { createEngineHost }] = await Promise.all([
        import('../host/connection/resolve-target.ts'),
        import('../host/create-engine-host.ts'),
      ])
      const warn = (message: string): void => {
        terminal.note(`! ${message}`)
      }
      const resolved = await resolveTarget({
        url,
        connection,
        environment,
        isWriting: verb !== null,
        env,
        projectFolder: PROJECT_FOLDER,
        warn,
      })
      const { parameters, connectTimeoutMs } = resolved
      host = await createEngineHost({
        parameters,
        connectTimeoutMs,
        catalogueFolder: wanted === undefined ? null : catalogueFolder,
        logger,
        trackingSchema,
        parallel,
      })
      const { engine, catalogue, target } = host
      if (canAsk) await askForPassword(resolved, host, signal)
      return {
        engine,
        catalogue,
        target,
        trackingSchema,
        confirm: async (object) => {
          if (verb === null || resolved.environment === null) return
          await confirm(
            { verb, object, database: target.database, environment: resolved.environment },
            {
              yes: globals.isSet('yes'),
              phrase: globals.text('confirm') ?? null,
              ask: canAsk ? async (question) => ask(question, { signal }) : null,
            },
          )
        },
      }
    },
    async close() {
      await host?.close()
      host = null
    },
  }
}

/** As psql does it: first without, and only where the server wants one somebody is asked. The prompt must not stand inside a connect timeout. */
async function askForPassword(
  resolved: ResolvedTarget,
  { engine, target }: EngineHost,
  signal: AbortSignal,
): Promise<void> {
  if (await resolved.hasPassword()) return
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
