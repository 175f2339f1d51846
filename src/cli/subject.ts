/** What a command is about, read off its first operand: that decides in which database it is done. */
import { DEFAULT_DATABASE } from '../engine/context.ts'
import type { Command } from './command.ts'

export interface Subject {
  /** `migration`: an id, or a job class name that is queued; `class`: a definition; `all`: every database. */
  readonly kind: 'migration' | 'class' | 'all'
  /** The operand, without the name of a database before an id. */
  readonly name: string | null
  /** Out of `ci_3`, the id 3 of the database ci. */
  readonly database: string | null
}

export interface ReadSubject {
  readonly subject: Subject
  readonly operands: readonly string[]
}

const QUALIFIED = /^(?<database>[a-z][a-z0-9_]*)_(?<id>\d+)$/
const MIGRATION = /^(?:[a-z][a-z0-9_]*_)?\d+$/

/** Reads the operands of a command; an id loses the name of its database there. */
export function readSubject(
  { operands: { usage } }: Pick<Command, 'operands'>,
  operands: readonly string[],
): ReadSubject {
  const [first, ...rest] = operands
  if (first === undefined) return { subject: { kind: 'all', name: null, database: null }, operands }
  if (usage === 'CLASS' || (usage === 'CLASS|ID' && !MIGRATION.test(first)))
    return { subject: { kind: 'class', name: first, database: null }, operands }
  const { database = null, id } = QUALIFIED.exec(first)?.groups ?? {}
  const name = id ?? first
  return { subject: { kind: 'migration', name, database }, operands: [name, ...rest] }
}

/** The id as it is shown and may be given: `3` in main, `ci_3` elsewhere. */
export function shownId({ id, database }: { readonly id: string; readonly database: string }): string {
  return database === DEFAULT_DATABASE ? id : `${database}_${id}`
}

/** Commands that are named in a text, with their ids as they must be written from here: `tranche retry 3` is main's. */
export function qualifyIds(text: string, database: string): string {
  return text.replaceAll(
    /\b(tranche [a-z]+) (\d+)\b/g,
    (_, command: string, id: string) => `${command} ${shownId({ id, database })}`,
  )
}
