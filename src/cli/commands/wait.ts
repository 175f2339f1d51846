import type { Migration } from '../../engine/types.ts'
import { TrancheError } from '../../shared/errors.ts'
import { isPastRun } from '../../shared/status.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { shownId } from '../subject.ts'

export const wait = defineCommand({
  name: 'wait',
  operands: ONE_ID,
  flags: { timeout: { value: 'S', help: 'give up after so many seconds (never)' } },
  help: 'Waits until a migration has finished (exit 0), failed (3) or was paused (6). Drives nothing.',
  onSignal: 'end',
  async run(input, session) {
    const [reference = ''] = input.operands
    const timeoutSeconds = input.whole('timeout')
    const { engine } = await session.open({ verb: null })
    const { id } = await engine.get(reference)
    const value = await engine.wait(id, {
      signal: session.signal,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    })
    const failure = failureOf(value)
    return {
      value,
      text: failure === null ? `✓ ${value.jobClassName} (${shownId(value)}) is ${value.status}.` : null,
      ...(failure === null ? {} : { failure }),
    }
  },
})

function failureOf(migration: Migration): TrancheError | null {
  const { id, status } = migration
  if (isPastRun(status)) return null
  const details = { migration }
  if (status === 'failed') {
    return new TrancheError('migration_failed', `migration ${id} failed`, {
      remedy: `See why with: tranche failures ${id}`,
      details,
    })
  }
  return new TrancheError('stopped', `migration ${id} is ${status}: nothing more will happen by itself`, {
    remedy: `Go on with: tranche resume ${id}`,
    details,
  })
}
