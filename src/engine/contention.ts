/** Short waits for locks that others hold for a moment: jittered, growing, interruptible. */
import { type EngineContext, inWritingTransaction } from './context.ts'
import { kindOfError } from './target/sqlstate.ts'
import type { LocalSettings, Transaction } from './target/transaction.ts'

const STEP_MS = 100
const LONGEST_MS = 2_000

/** Waits before repetition number `repetition` (from 1). Rejects when the signal is aborted. */
export async function backOff(
  { clock, random }: Pick<EngineContext, 'clock' | 'random'>,
  repetition: number,
  signal?: AbortSignal,
): Promise<void> {
  const ceilingMs = Math.min(STEP_MS * 2 ** repetition, LONGEST_MS)
  await clock.sleep(ceilingMs * (0.5 + random.next() / 2), signal)
}

/**
 * Repeats `action` while it fails on a lock, a deadlock or a serialization conflict. The limit covers a backend that still
 * works for a frozen client: its statement's timeout and the idle-in-transaction timeout together.
 */
export async function withContentionRetries<T>(
  context: EngineContext,
  action: () => Promise<T>,
  signal?: AbortSignal,
  limit = 15,
): Promise<T> {
  for (let repetition = 1; ; repetition += 1) {
    try {
      return await action()
    } catch (error) {
      if (kindOfError(error) !== 'contention' || repetition >= limit) throw error
    }
    await backOff(context, repetition, signal)
  }
}

/**
 * A writing transaction for what an operator does: it waits longer than for a moment, since a runner that makes a job
 * keeps the migration's row from changing meanwhile.
 */
export async function inPatientTransaction<T>(
  context: EngineContext,
  body: (transaction: Transaction) => Promise<T>,
  settings: Partial<LocalSettings> = {},
): Promise<T> {
  return withContentionRetries(context, () => inWritingTransaction(context, body, settings))
}
