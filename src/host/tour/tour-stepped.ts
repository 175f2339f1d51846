/** The tour's stepped migrations: a connection, then the worker until nothing is left that nobody has to agree to. */
import type { Engine } from '../../engine/engine.ts'
import type { Target } from '../../engine/target/open-target.ts'
import { query } from '../../engine/target/transaction.ts'
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedMigrationValue, SteppedRunValue } from '../../shared/stepped-view.ts'
import type { Steps } from './steps.ts'

interface SteppedTour {
  readonly engine: Engine
  readonly target: Target
  readonly steps: Steps
  readonly signal: AbortSignal
}

/** Where each stands in the end. Throws migration_failed where one failed, and what the engine throws. */
export async function tourStepped({
  engine,
  target,
  steps,
  signal,
}: SteppedTour): Promise<readonly SteppedMigrationValue[]> {
  steps.title('Stepped migrations')
  await steps.step(
    'connect',
    () => connect(engine, target),
    (vectors) =>
      vectors === 'real' ? 'no pgvector here: vectors are real[] without an index' : 'vectors are of type vector',
  )
  const runs: SteppedRunValue[] = []
  await steps.step(
    'work',
    () => engine.stepped.work({ toEnd: true, signal, onTurn: (run) => runs.push(run) }),
    () => `${String(runs.filter(({ reason }) => reason === 'completed').length)} completed`,
  )
  signal.throwIfAborted()
  for (const { message } of runs) steps.note(message)
  const { haltedBy, migrations } = await engine.stepped.list()
  if (haltedBy !== null) {
    throw new TrancheError('migration_failed', `the stepped migration ${haltedBy} failed`, {
      remedy: `While npm start runs, see: npx tranche --connection practice stepped logs ${haltedBy}`,
    })
  }
  const copied = migrations.flatMap(({ operations }) => operations).find(({ result }) => result?.checksum !== undefined)
  if (copied?.result === undefined || copied.result === null) return migrations
  const { rows, checksum, withoutPartner } = copied.result
  steps.note(
    `compared: ${String(rows)} rows with checksum ${String(checksum)} in both tables, ${String(withoutPartner)} without an agent`,
  )
  return migrations
}

/** An active connection stays as somebody chose it. */
async function connect(engine: Engine, target: Target): Promise<'vector' | 'real'> {
  const { connection } = await engine.stepped.list()
  if (connection !== null) return connection.vectorStorage
  const { rowCount } = await target.withClient((client) =>
    query(client, sql`SELECT FROM pg_available_extensions WHERE name = 'vector'`),
  )
  const vectorStorage = rowCount > 0 ? 'vector' : 'real'
  await engine.stepped.connect({ name: 'practice', vectorStorage })
  return vectorStorage
}
