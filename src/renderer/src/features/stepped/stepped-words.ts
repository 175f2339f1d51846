/** Stepped migrations in words: statuses with their glyphs, and the sentence of the screen. */
import type {
  SteppedListValue,
  SteppedMigrationValue,
  SteppedView,
  SteppedWorkView,
} from '../../../../shared/stepped-view.ts'
import { countOf } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'
import type { SteppedShown } from '../../parts/stepped-shown.ts'
import { clockTime } from '../../parts/time.ts'

export function steppedSentence(
  { worker }: SteppedView,
  list: SteppedListValue,
  nowMs: number,
): SteppedShown & { readonly sentence: string } {
  const { migrations, haltedBy, connection } = list
  const said = (glyph: GlyphName, tone: Tone, sentence: string): SteppedShown & { readonly sentence: string } => ({
    ...{ glyph, tone, sentence },
    word: '',
  })
  if (connection === null) return said('pending', 'pending', 'Nowhere to act yet: no connection is active.')
  if (haltedBy !== null) return said('failed', 'failed', `Halted: ${haltedBy} failed, and nothing behind it is run.`)
  if (worker.kind === 'on') {
    const waiting = worker.isStopping ? null : waitingSentence(worker, list, nowMs)
    if (waiting !== null) return said('retrying', 'retrying', waiting)
    return said(
      'running',
      'running',
      worker.isStopping ? 'Stopping after its step.' : 'At work, one migration at a time.',
    )
  }
  if (!connection.isIndexingEnabled)
    return said('paused', 'paused', `Indexing is switched off on ${connection.name}: a run does nothing.`)
  const open = migrations.filter(({ status }) => status !== 'completed' && status !== 'skipped')
  const waiting = migrations.filter(
    ({ needsApproval, status }) => needsApproval !== null && status !== 'completed',
  ).length
  const left = open.filter(({ needsApproval }) => needsApproval === null).length
  if (left > 0)
    return said('pending', 'pending', `${countOf(left, 'stepped migration')} to do; nobody here works on it.`)
  if (waiting > 0)
    return said(
      'lock',
      'holding',
      `Done, but for ${countOf(waiting, 'migration that waits', 'migrations that wait')} for approval.`,
    )
  return said(
    'done',
    'done',
    migrations.length === 0 ? 'The catalogue has no stepped migration.' : 'Nothing is left to do.',
  )
}

/** Between two tries: which one failed, and when the next begins by itself. */
function waitingSentence(
  { lastRun, nextTurnAtMs }: Extract<SteppedWorkView, { kind: 'on' }>,
  { migrations }: SteppedListValue,
  nowMs: number,
): string | null {
  if (lastRun === null || nextTurnAtMs === null || nextTurnAtMs <= nowMs) return null
  const at = clockTime(nextTurnAtMs)
  const tried = migrations.find(({ version }) => version === lastRun.version)
  if (lastRun.reason === 'tried')
    return `${lastRun.version ?? 'It'} failed; tried again at ${at}, ${countOf(tried?.retriesLeft ?? 0, 'try is', 'tries are')} left.`
  if (lastRun.reason === 'partial') return `${lastRun.version ?? 'It'} waits for others; looked at again at ${at}.`
  return `Nothing to do now; looked at again at ${at}.`
}

/** `3 of 4`: completed operations of those that are known. */
export function stepsDone({ operations }: SteppedMigrationValue): string {
  const done = operations.filter(({ completedAt }) => completedAt !== null).length
  return `${String(done)} of ${String(operations.length)}`
}
