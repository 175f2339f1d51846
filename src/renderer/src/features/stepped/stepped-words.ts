/** Stepped migrations in words: statuses with their glyphs, and the sentence of the screen. */
import type { SteppedListValue, SteppedMigrationValue, SteppedView } from '../../../../shared/stepped-view.ts'
import { countOf } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

interface Shown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly word: string
}

export function steppedShown({ status, needsApproval }: SteppedMigrationValue): Shown {
  if (needsApproval !== null && status !== 'completed')
    return { glyph: 'lock', tone: 'holding', word: 'waits for approval' }
  switch (status) {
    case null:
      return { glyph: 'pending', tone: 'pending', word: 'no record yet' }
    case 'pending':
      return { glyph: 'pending', tone: 'pending', word: 'pending' }
    case 'in_progress':
      return { glyph: 'running', tone: 'running', word: 'in progress' }
    case 'completed':
      return { glyph: 'done', tone: 'done', word: 'completed' }
    case 'skipped':
      return { glyph: 'off', tone: 'neutral', word: 'skipped' }
    case 'failed':
      return { glyph: 'failed', tone: 'failed', word: 'failed' }
  }
}

export function steppedSentence(
  { worker }: SteppedView,
  list: SteppedListValue,
): Shown & { readonly sentence: string } {
  const { migrations, haltedBy, connection } = list
  const said = (glyph: GlyphName, tone: Tone, sentence: string): Shown & { readonly sentence: string } => ({
    ...{ glyph, tone, sentence },
    word: '',
  })
  if (connection === null) return said('pending', 'pending', 'Nowhere to act yet: no connection is active.')
  if (haltedBy !== null) return said('failed', 'failed', `Halted: ${haltedBy} failed, and nothing behind it is run.`)
  if (worker.kind === 'on')
    return said(
      'running',
      'running',
      worker.isStopping ? 'Stopping after its step.' : 'At work, one migration at a time.',
    )
  const open = migrations.filter(({ status }) => status !== 'completed' && status !== 'skipped')
  const waiting = migrations.filter(
    ({ needsApproval, status }) => needsApproval !== null && status !== 'completed',
  ).length
  const left = open.filter(({ needsApproval }) => needsApproval === null).length
  if (left > 0)
    return said('pending', 'pending', `${countOf(left, 'stepped migration')} to do; nobody here works on it.`)
  if (waiting > 0)
    return said('lock', 'holding', `Done, but for ${countOf(waiting, 'migration')} that waits for approval.`)
  return said(
    'done',
    'done',
    migrations.length === 0 ? 'The catalogue has no stepped migration.' : 'Nothing is left to do.',
  )
}

/** `3 of 4`: completed operations of those that are known. */
export function stepsDone({ operations }: SteppedMigrationValue): string {
  const done = operations.filter(({ completedAt }) => completedAt !== null).length
  return `${String(done)} of ${String(operations.length)}`
}

/** As many of a list as an eye takes in; the record has them all. */
const SHOWN_ITEMS = 5

/** What an operation told of itself, as one line of names and values. */
export function resultText(result: Readonly<Record<string, unknown>>): string {
  return Object.entries(result)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(', ')
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || value.length <= SHOWN_ITEMS) return JSON.stringify(value)
  const shown = value.slice(0, SHOWN_ITEMS).map((item) => JSON.stringify(item))
  return `${shown.join(', ')} and ${String(value.length - SHOWN_ITEMS)} more`
}
