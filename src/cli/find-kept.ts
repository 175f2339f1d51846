import type { Engine } from '../engine/engine.ts'
import type { ArchivedValue } from '../shared/archived-value.ts'
import { archivedSentence } from '../shared/describe-archived.ts'
import { TrancheError } from '../shared/errors.ts'
import type { Session } from './session.ts'

export interface Kept {
  readonly id: string
  /** null: it is queued. */
  readonly archived: ArchivedValue | null
}

/** What can still be read: a queued migration, else the last one of that id or job class that went to the archive. */
export async function findKept(engine: Engine, reference: string): Promise<Kept> {
  try {
    return { id: (await engine.get(reference)).id, archived: null }
  } catch (error) {
    if (!(error instanceof TrancheError) || error.code !== 'unknown_migration') throw error
    const archived = (await engine.archived(reference)).at(-1)
    if (archived === undefined) throw error
    return { id: archived.id, archived }
  }
}

/** What is shown is as it was then. */
export function noteArchived(archived: ArchivedValue | null, { terminal }: Session): void {
  if (archived !== null) terminal.note(`! Migration ${archived.id} is in the archive: ${archivedSentence(archived)}.`)
}
