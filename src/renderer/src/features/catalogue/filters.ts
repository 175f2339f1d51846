import type { CatalogueEntry, QueuedAs } from '../../../../shared/catalogue-view.ts'
import type { MigrationView } from '../../../../shared/app-state.ts'
import { formatPercent } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'
import { percentOf } from '../../parts/percent.ts'
import { migrationShown } from '../../parts/status.ts'

export const FILTERS = ['all', 'never queued', 'active', 'paused', 'attention', 'done'] as const
export type Filter = (typeof FILTERS)[number]

/** The row of the target that speaks for a definition: the newest. */
export function latestOf({ queuedAs }: CatalogueEntry): QueuedAs | null {
  return queuedAs?.at(-1) ?? null
}

export function ofFilter(entry: CatalogueEntry, filter: Filter): boolean {
  const latest = latestOf(entry)
  switch (filter) {
    case 'all':
      return true
    case 'never queued':
      return entry.queuedAs?.length === 0
    case 'active':
      return latest?.status === 'active' || latest?.status === 'finalizing'
    case 'paused':
      return latest?.status === 'paused'
    case 'attention':
      return latest !== null && (latest.status === 'failed' || latest.blockedJobs > 0 || latest.hasDrifted)
    case 'done':
      return latest?.status === 'finished' || latest?.status === 'finalized'
  }
}

export interface EntryShown {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly text: string
}

/** `logicalDatabase`: of the connection that is looked at. */
export function entryShown(
  entry: CatalogueEntry,
  { view, logicalDatabase }: { readonly view: MigrationView | undefined; readonly logicalDatabase: string | null },
): EntryShown {
  if (entry.queuedAs === null) return { glyph: 'unknown', tone: 'neutral', text: 'unknown' }
  const latest = latestOf(entry)
  const isElsewhere = logicalDatabase !== null && entry.database !== logicalDatabase
  if (latest === null && isElsewhere) return { glyph: 'off', tone: 'neutral', text: `runs in ${entry.database}` }
  if (latest === null) return { glyph: 'pending', tone: 'pending', text: 'never queued' }
  const percent =
    view !== undefined ? `, ${percentOf(view)}` : latest.percent === null ? '' : `, ${formatPercent(latest.percent)}`
  switch (latest.status) {
    case 'active': {
      // Whether somebody drives it is in the state of the target, not in the catalogue.
      const shown =
        view === undefined ? ({ glyph: 'pending', tone: 'pending', word: 'active' } as const) : migrationShown(view)
      return { glyph: shown.glyph, tone: shown.tone, text: `${shown.word}${percent}` }
    }
    case 'paused':
      return { glyph: 'paused', tone: 'paused', text: `paused${percent}` }
    case 'finalizing':
      return { glyph: 'running', tone: 'running', text: 'finalizing' }
    case 'failed':
      return {
        glyph: 'failed',
        tone: 'failed',
        text: `failed, ${String(latest.blockedJobs)} ${latest.blockedJobs === 1 ? 'job' : 'jobs'}`,
      }
    case 'finished':
      return { glyph: 'done', tone: 'done', text: 'finished' }
    case 'finalized':
      return { glyph: 'finalized', tone: 'finalized', text: 'finalized' }
  }
}
