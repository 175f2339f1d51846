/** A scheduler as everybody sees it: a runner without a migration, with a heartbeat, journaled when it comes and goes. */
import { withContentionRetries } from './contention.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import { keepBeating } from './heartbeat.ts'
import { kindOfError } from './target/sqlstate.ts'
import { recordEvent } from './tracking/record-event.ts'
import { registerRunner } from './tracking/register-runner.ts'
import { sql } from '../shared/sql.ts'

export interface SchedulerRunner {
  /** Does not throw: what cannot be unregistered (the server is away) counts as dead after 30 s. */
  leave(details: Readonly<Record<string, unknown>>): Promise<void>
}

/** Registers and keeps beating; rows of schedulers that died are removed on the way, also later: none counts as dead right after the server's start. */
export async function registerScheduler(
  context: EngineContext,
  details: Readonly<Record<string, unknown>>,
): Promise<SchedulerRunner> {
  const { tables } = context
  const runnerId = context.random.uuid()
  const register = registerRunner(context, { runnerId, migrationId: null })
  const removeDead = sql`DELETE FROM ${tables.runners} WHERE migration_id IS NULL AND NOT ${tables.isLive}(heartbeat_at)`
  await withContentionRetries(context, () =>
    inWritingTransaction(context, async (transaction) => {
      await transaction.queryAll([removeDead, register])
      await recordEvent(transaction, context, { kind: 'work', details: { runnerId, ...details } })
    }),
  )
  const stop = new AbortController()
  // Inserted anew where another scheduler took it for dead: nothing hangs on it but what people see.
  const beating = keepBeating(context, stop.signal, async () => {
    await inWritingTransaction(context, (transaction) => transaction.queryAll([removeDead, register]))
    return true
  })
  return {
    async leave(end) {
      stop.abort()
      await beating
      try {
        await inWritingTransaction(context, async (transaction) => {
          await transaction.query(sql`DELETE FROM ${tables.runners} WHERE id = ${runnerId}`)
          await recordEvent(transaction, context, { kind: 'work_ended', details: { runnerId, ...end } })
        })
      } catch (error) {
        context.logger.log('warn', 'the scheduler could not be unregistered', {
          message: error instanceof Error ? error.message : String(error),
          isLost: kindOfError(error) === 'connection',
        })
      }
    },
  }
}
