/**
 * What an operation works with: the adapter's database, one fenced step at a time, and the records. The two may be
 * different databases, so a step is made safe without a common transaction: it first takes a lock in the adapter's
 * database that lives as long as its transaction, and only then looks whether its worker still holds the lease. A worker
 * that was taken over is refused there; its successor comes back until what it had begun is over. Existence is checked
 * after that lock, so each step finds what the one before it left.
 */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedConnectionValue } from '../../shared/stepped-view.ts'
import { authorSearchPath } from '../author-search-path.ts'
import { withContentionRetries } from '../contention.ts'
import { type EngineContext, inTransaction, inWritingTransaction, onlyRow, rememberFacts } from '../context.ts'
import type { Target } from '../target/open-target.ts'
import type { Transaction } from '../target/transaction.ts'
import type { HeldLease } from './lease.ts'

/** Building an HNSW index over many rows takes long; a lock is waited for as shortly as everywhere. */
const STEP_TIMEOUT_MS = 30 * 60 * 1000
const CONTENTION_REPETITIONS = 5

/**
 * What a worker that was taken over had begun on the adapter's database is not over yet (it may build an index, or be frozen). That
 * is no failure of the migration: the next turn looks again.
 */
export class StillAtWork extends Error {
  override readonly name = 'StillAtWork'
}

export interface Workbench {
  readonly connection: SteppedConnectionValue
  readonly version: string
  readonly runId: string
  /** The schema into which tables go. */
  readonly schema: string
  readonly searchPath: string
  /** Aborted when this process is asked to stop, or its worker was declared dead. */
  readonly signal: AbortSignal
  /** The engine's context over the adapter's database. */
  readonly adapter: EngineContext
  /** One transaction of its own on the adapter's database, which must be safe to run again. */
  step<T>(body: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Writes to the records. */
  record<T>(body: (transaction: Transaction) => Promise<T>): Promise<T>
}

export interface BenchNeeds {
  readonly connection: SteppedConnectionValue
  readonly version: string
  readonly lease: HeldLease
  readonly signal: AbortSignal
}

/** Connects to the adapter. Throws adapter_missing, target_unreachable and what connecting throws. */
export async function openWorkbench(context: EngineContext, needs: BenchNeeds): Promise<Workbench> {
  const { connection, version, lease, signal } = needs
  const adapter = await adapterContext(context, connection)
  const [schema, searchPath] = [await homeOf(adapter), await authorSearchPath(adapter)]
  const fence = `tranche stepped ${context.tables.schema} ${connection.id}`
  return {
    ...{ connection, version, schema, searchPath, signal, adapter },
    runId: lease.runnerId,
    record: (body) => lease.write(body),
    step: (body) =>
      withContentionRetries(
        adapter,
        async () => {
          signal.throwIfAborted()
          return inWritingTransaction(
            adapter,
            async (transaction) => {
              const { rows } = await transaction.query(
                sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${fence}, 0)) AS is_free`,
              )
              if (rows[0]?.is_free !== true) throw new StillAtWork('a worker before this one is still at work there')
              await lease.check()
              return body(transaction)
            },
            { statementTimeoutMs: STEP_TIMEOUT_MS, searchPath },
          )
        },
        signal,
        CONTENTION_REPETITIONS,
      ),
  }
}

/** The engine over the database on which the operations act: that of the records, or another one. */
async function adapterContext(
  context: EngineContext,
  { adapter, name }: SteppedConnectionValue,
): Promise<EngineContext> {
  if (adapter === null) return context
  const target = await findTarget(context, adapter)
  if (target !== undefined) return { ...context, target, ...rememberFacts(target) }
  throw new TrancheError(
    'adapter_missing',
    `nothing here leads to the adapter ${adapter} of the connection "${name}"`,
    {
      remedy: 'Name a database that this host knows with: tranche stepped connect NAME --adapter URL',
    },
  )
}

async function findTarget({ otherDatabases, adapters }: EngineContext, adapter: string): Promise<Target | undefined> {
  const isAddress = /^postgres(ql)?:\/\//.test(adapter)
  return isAddress ? adapters?.open(adapter) : otherDatabases.get(adapter)
}

/** The first schema of the role's search_path, apart from the tracking schema where it lies in the way. */
async function homeOf(adapter: EngineContext): Promise<string> {
  const { rows } = await inTransaction(adapter, (transaction) =>
    transaction.query(
      sql`SELECT schema FROM unnest(current_schemas(false)::text[]) WITH ORDINALITY AS path (schema, position)
           WHERE schema <> ${adapter.tables.schema} ORDER BY position LIMIT 1`,
    ),
  )
  const { schema } = onlyRow<{ schema: string }>(
    rows,
    new TrancheError('table_missing', 'this role has no schema in its search_path into which tables could go', {
      remedy: 'Set one: ALTER ROLE … SET search_path = public',
    }),
  )
  return schema
}
