/** Drives a queued migration to its end, and tells what its jobs failed with. */
import type { Engine } from '../../engine/engine.ts'
import type { MigrationState } from '../../engine/types.ts'

/** Throws, with the errors of its jobs, unless it finished. */
export async function drive(engine: Engine, id: string): Promise<MigrationState> {
  await assertNotFailed(engine, id)
  const { reason } = await engine.run(id, { force: true })
  const state = await engine.get(id)
  if (state.status === 'finished') return state
  throw await failureOf(engine, state, reason)
}

/** Throws what its jobs failed with: the engine refuses to drive one that has failed, and says no more than that. */
export async function assertNotFailed(engine: Engine, id: string): Promise<void> {
  const state = await engine.get(id)
  if (state.status === 'failed') throw await failureOf(engine, state, 'failed')
}

async function failureOf(engine: Engine, { id, jobClassName }: MigrationState, reason: string): Promise<Error> {
  const { groups } = await engine.failures(id)
  const failures = groups.map(({ exceptionClass, message }) => `${exceptionClass}: ${message}`)
  return new Error([`${jobClassName} did not finish (${reason})`, ...failures].join('\n'))
}
