/**
 * Keys in GitLab's columns: one integer is kept as a value, everything else as a cursor, which is a JSON array: integers in it are
 * numbers, as GitLab's are, everything else is text. It is never ordered as jsonb.
 */
import { raw, type Sql } from '../../shared/sql.ts'
import type { BatchColumn } from '../batching/batch-table.ts'
import type { Key } from '../types.ts'

/** Which of the two columns holds the keys of a migration and its jobs. */
export type KeyStorage = 'value' | 'cursor'

export interface StoredKey {
  readonly value: string | null
  /** JSON. */
  readonly cursor: string | null
}

export function storedKey(key: Key, storage: KeyStorage, columns: readonly BatchColumn[]): StoredKey {
  if (storage === 'cursor') {
    const parts = key.map((value, index) => (columns[index]?.comparedAs === 'bigint' ? value : JSON.stringify(value)))
    return { value: null, cursor: `[${parts.join(',')}]` }
  }
  const [value, ...others] = key
  if (value === undefined || others.length > 0) throw new Error(`key ${JSON.stringify(key)} is no single value`)
  return { value, cursor: null }
}

/** The key that a cursor column holds, as `text[]`; NULL where it holds none. */
export function cursorKey(column: string): Sql {
  return raw(
    `CASE WHEN ${column} IS NOT NULL
          THEN ARRAY(SELECT e.value FROM jsonb_array_elements_text(${column}) WITH ORDINALITY AS e (value, n) ORDER BY e.n) END`,
  )
}
