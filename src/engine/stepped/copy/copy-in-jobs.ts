/** Drives the batched migration of a copy to its end, in the worker's turn. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { type EngineContext, inTransaction } from '../../context.ts'
import { readFailures } from '../../failures.ts'
import { retryMigration } from '../../operate.ts'
import { queueMigration } from '../../queueing.ts'
import { requeueMigration } from '../../requeueing.ts'
import { runMigration } from '../../runner.ts'
import { listMigrationsOfClass } from '../../tracking/find-migration.ts'
import { assertInstalled } from '../../tracking/schema-state.ts'
import type { Workbench } from '../workbench.ts'
import { copyClassName } from './copy-definition.ts'

export type CopyOutcome =
  | { readonly migrationId: string; readonly waitingFor: null }
  | { readonly migrationId: string; readonly waitingFor: string }

/** Whether its batched migration is there already. Throws not_installed, as queueing does. */
export async function isQueued({ adapter, version }: Workbench, copy: CopyRows): Promise<boolean> {
  return inTransaction(adapter, async (transaction) => {
    await assertInstalled(transaction, adapter.tables.schema)
    const found = await listMigrationsOfClass(transaction, adapter.tables, copyClassName(version, copy))
    return found.length > 0
  })
}

/**
 * Queues it once; later tries go on with what is there, and anew where the text of the copy was changed: it is safe to run
 * again. Throws migration_failed with the commonest cause, and what queueing throws.
 */
export async function copyInJobs({ adapter, version, signal }: Workbench, copy: CopyRows): Promise<CopyOutcome> {
  const { migration } = await queueMigration(adapter, { jobClassName: copyClassName(version, copy) })
  if (migration.status === 'paused')
    return { migrationId: migration.id, waitingFor: `its batched migration ${migration.id} is paused` }
  // A further try of the stepped migration is one of its jobs too.
  if (migration.status === 'failed') await retryMigration(adapter, migration.id)
  const { migrationId, reason } = await drive({ adapter, signal }, migration.id)
  switch (reason) {
    case 'finished':
    case 'nothing_to_do':
      return { migrationId, waitingFor: null }
    case 'failed':
      throw await failureOf(adapter, migrationId)
    case 'aborted':
      signal.throwIfAborted()
      return { migrationId, waitingFor: `its batched migration ${migrationId} was stopped` }
    case 'busy':
      return { migrationId, waitingFor: `another migration writes ${copy.from}` }
    case 'job_limit':
    case 'paused':
    case 'taken_over':
      return { migrationId, waitingFor: `its batched migration ${migrationId} is ${reason.replace('_', ' ')}` }
  }
}

interface Driven {
  readonly migrationId: string
  readonly reason: Awaited<ReturnType<typeof runMigration>>['reason'] | 'busy'
}

async function drive({ adapter, signal }: Pick<Workbench, 'adapter' | 'signal'>, migrationId: string): Promise<Driven> {
  try {
    return { migrationId, reason: (await runMigration(adapter, migrationId, { signal })).reason }
  } catch (error) {
    if (!(error instanceof TrancheError)) throw error
    if (error.code === 'table_busy') return { migrationId, reason: 'busy' }
    if (error.code !== 'definition_drift') throw error
    const { migration } = await requeueMigration(adapter, migrationId)
    return drive({ adapter, signal }, migration.id)
  }
}

async function failureOf(adapter: EngineContext, migrationId: string): Promise<TrancheError> {
  const { groups } = await readFailures(adapter, migrationId)
  const [first] = groups
  const cause = first === undefined ? '' : `: ${first.exceptionClass}: ${first.message}`
  return new TrancheError('migration_failed', `its batched migration ${migrationId} failed${cause}`, {
    remedy: `Look at it with: tranche failures ${migrationId}; a retry of the stepped migration retries it too.`,
    details: { migrationId },
  })
}
