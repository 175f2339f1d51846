/** Drives the batched migration of a copy to its end, in the worker's turn. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { inTransaction } from '../../context.ts'
import { retryMigration } from '../../operate.ts'
import { queueMigration } from '../../queueing.ts'
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

/** Queues it once; later tries go on with what is there. Throws migration_failed, and what queueing throws. */
export async function copyInJobs({ adapter, version, signal }: Workbench, copy: CopyRows): Promise<CopyOutcome> {
  const { migration } = await queueMigration(adapter, { jobClassName: copyClassName(version, copy) })
  const migrationId = migration.id
  if (migration.status === 'paused')
    return { migrationId, waitingFor: `its batched migration ${migrationId} is paused` }
  // A further try of the stepped migration is one of its jobs too.
  if (migration.status === 'failed') await retryMigration(adapter, migrationId)
  const reason = await run({ adapter, signal }, migrationId)
  switch (reason) {
    case 'finished':
    case 'nothing_to_do':
      return { migrationId, waitingFor: null }
    case 'failed':
      throw new TrancheError('migration_failed', `its batched migration ${migrationId} failed`, {
        remedy: `Look at it with: tranche failures ${migrationId}; a retry of the stepped migration retries it too.`,
        details: { migrationId },
      })
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

async function run(
  { adapter, signal }: Pick<Workbench, 'adapter' | 'signal'>,
  migrationId: string,
): Promise<Awaited<ReturnType<typeof runMigration>>['reason'] | 'busy'> {
  try {
    return (await runMigration(adapter, migrationId, { signal })).reason
  } catch (error) {
    if (error instanceof TrancheError && error.code === 'table_busy') return 'busy'
    throw error
  }
}
