/** What every part of the engine is given: the target, the tracking tables and the host's ports. */
import type { TrancheError } from '../shared/errors.ts'
import type { HealthSettings } from '../shared/health-settings.ts'
import type { Emitter } from './events.ts'
import type {
  AdapterSource,
  Clock,
  DefinitionSource,
  Identity,
  Logger,
  ProcessTable,
  Random,
  RowTransformer,
} from './ports.ts'
import type { Target } from './target/open-target.ts'
import { assertSupported, assertWritable, readServerFacts, type ServerFacts } from './target/server-facts.ts'
import { type LocalSettings, transact, type Transaction } from './target/transaction.ts'
import type { TrackingTables } from './tracking/tables.ts'

export interface Limits {
  /** Of each of the engine's own statements and of each sub-batch. */
  readonly statementTimeoutMs: number
  /** Of the query that finds a job's bounds and sub-batch ends. */
  readonly planningTimeoutMs: number
  /** The same where a scope narrows it; then planning goes on by rows read. */
  readonly scopedPlanningTimeoutMs: number
  /** Of each check of verify. */
  readonly checkTimeoutMs: number
  /** How long a run tries to come back after the connection was lost. */
  readonly reconnectMs: number
  /** Between two heartbeats of a runner; a third of the takeover age. */
  readonly heartbeatMs: number
  /** Held migrations are looked at again this often; no hold that an indicator began is shorter. */
  readonly holdCheckMs: number
  /** So often in a row the same sub-batch may lose its connection before that counts as an attempt of the job. */
  readonly freeLosses: number
  /** So many sub-batches without a pause are sent before the first one's answer is there. 1: one after the other. */
  readonly subBatchesInAir: number
}

export const DEFAULT_LIMITS: Limits = {
  statementTimeoutMs: 15_000,
  planningTimeoutMs: 60_000,
  scopedPlanningTimeoutMs: 10_000,
  checkTimeoutMs: 300_000,
  reconnectMs: 60_000,
  heartbeatMs: 10_000,
  holdCheckMs: 5_000,
  freeLosses: 15,
  subBatchesInAir: 8,
}

/** The logical database of a definition that names none. */
export const DEFAULT_DATABASE = 'main'

export interface EngineContext {
  readonly target: Target
  readonly tables: TrackingTables
  readonly clock: Clock
  readonly logger: Logger
  readonly random: Random
  readonly identity: Identity
  readonly processes: ProcessTable
  readonly definitions: DefinitionSource
  readonly emitter: Emitter
  readonly rowTransformer: RowTransformer | null
  /** The logical database that the target is; only its definitions run here. */
  readonly database: string
  /** The targets of other logical databases that definitions may reach with `ctx.database(name)`. */
  readonly otherDatabases: ReadonlyMap<string, Target>
  /** Opens the databases on which stepped operations act; null: only this one can be used. */
  readonly adapters: AdapterSource | null
  readonly limits: Limits
  /** Thresholds of the health indicators, and how long a hold lasts. */
  readonly health: () => HealthSettings
  /** Read at first use and kept; `refreshFacts` forgets it (after a reconnect the same name may lead elsewhere). */
  facts(): Promise<ServerFacts>
  refreshFacts(): void
}

/** Facts about the server, once it is known that Tranche can read there. */
export function rememberFacts(target: Target): Pick<EngineContext, 'facts' | 'refreshFacts'> {
  let known: Promise<ServerFacts> | null = null
  return {
    async facts() {
      known ??= readServerFacts(target)
      try {
        const facts = await known
        assertSupported(facts, target.description)
        return facts
      } catch (error) {
        known = null
        throw error
      }
    },
    refreshFacts() {
      known = null
    },
  }
}

/** A short transaction of the engine's own. */
export async function inTransaction<T>(
  context: EngineContext,
  body: (transaction: Transaction) => Promise<T>,
  { signal, ...settings }: TransactionOptions = {},
): Promise<T> {
  const local = await localSettings(context, settings)
  const lending = signal === undefined ? {} : { signal }
  return context.target.withClient((client) => transact(client, local, body), lending)
}

export interface TransactionOptions extends Partial<LocalSettings> {
  /** Aborted: the connection is closed in the middle of whatever is being asked. For what only reads. */
  readonly signal?: AbortSignal | undefined
}

/** The same, refused on a standby: for everything that writes. */
export async function inWritingTransaction<T>(
  context: EngineContext,
  body: (transaction: Transaction) => Promise<T>,
  settings: Partial<LocalSettings> = {},
): Promise<T> {
  assertWritable(await context.facts(), context.target.description)
  return inTransaction(context, body, settings)
}

export async function localSettings(context: EngineContext, settings: Partial<LocalSettings>): Promise<LocalSettings> {
  const { hasConnectionCheck, isStandby } = await context.facts()
  // A standby refuses BEGIN … READ WRITE, and looking at it is fine.
  return {
    statementTimeoutMs: context.limits.statementTimeoutMs,
    hasConnectionCheck,
    isReadOnly: isStandby,
    ...settings,
  }
}

/** The only row of an answer; throws `missing` where there is none. */
export function onlyRow<Row>(rows: readonly Record<string, unknown>[], missing: TrancheError | string): Row {
  const [row] = rows
  if (row === undefined) throw typeof missing === 'string' ? new Error(missing) : missing
  return row as Row // the shape is that of the statement's own select list
}
