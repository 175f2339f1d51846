import type { z } from 'zod'
import type { QueueRequest } from '../../../engine/types.ts'
import { confirmationFor } from '../../../shared/confirmations.ts'
import { TrancheError } from '../../../shared/errors.ts'
import type { QueueInput, QueuePlan } from '../../../shared/queue-plan.ts'
import { confirmDeed } from '../confirm-deed.ts'
import type { TargetSession } from '../target-session.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function queueCalls({ desks }: CallParts): CallsOf<'queue'> {
  return {
    'queue.plan': async ({ connectionId, ...input }) => planFor(desks.get(connectionId).session, input),
    'queue.submit': async ({ connectionId, definitionHash, isConfirmed, ...input }) => {
      const { session } = desks.get(connectionId)
      const { environment } = session.connection
      const { jobClassName } = input
      confirmDeed({ verb: 'queue', object: jobClassName, environment, isConfirmed })
      const { catalogue } = await session.catalogue.get()
      const loaded = catalogue.find(jobClassName)
      if (loaded !== undefined && loaded.hash !== definitionHash) {
        throw new TrancheError('definition_drift', `${loaded.file} changed since the plan was made`, {
          remedy: 'Look at the plan again, then queue.',
          details: { plannedHash: definitionHash, currentHash: loaded.hash },
        })
      }
      const outcome = await session.engine().queue(requestOf(input))
      session.wake(null, { isUrgent: true })
      return outcome
    },
  }
}

type Input = z.output<typeof QueueInput>

async function planFor(session: TargetSession, input: Input): Promise<QueuePlan> {
  const { catalogue } = await session.catalogue.get()
  const { duplicate, tableName, ...plan } = await session.engine().plan(requestOf(input))
  const definition = catalogue.find(input.jobClassName)?.definition
  const { range, knobs } = plan
  const estimatedJobs = range.kind === 'known' ? Math.ceil(range.estimatedRows / knobs.batchSize) : null
  return {
    ...plan,
    jobClassName: input.jobClassName,
    tableName: tableName ?? definition?.table ?? '',
    columns: definition?.columns ?? [],
    estimatedJobs,
    duplicate: duplicate === null ? null : { migrationId: duplicate.id, status: duplicate.status },
    confirmation: confirmationFor('queue', session.connection.environment),
    canQueue: plan.preflight.every(({ outcome }) => outcome !== 'failed'),
    plannedAtMs: Date.now(),
  }
}

/** Without what was left out: `undefined` and absent are two things to the engine. */
function requestOf({ jobClassName, jobArguments, isPaused, force, ...knobs }: Input): QueueRequest {
  const given = Object.fromEntries(Object.entries(knobs).filter(([, value]) => value !== undefined))
  return { jobClassName, jobArguments, isPaused, force, ...given }
}
