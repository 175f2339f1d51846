/** `--database NAME=URL` maps a logical database, `--database NAME` chooses one that is mapped. */
import { DEFAULT_DATABASE } from '../engine/context.ts'
import { TrancheError } from '../shared/errors.ts'

export interface DatabaseFlags {
  /** Logical name → URL. */
  readonly mapped: ReadonlyMap<string, string>
  /** The one that the command is about; null: it follows from the migration or its definition. */
  readonly chosen: string | null
}

/** Throws usage on a name that cannot be, one that is mapped twice, and two that are chosen. Never repeats a URL. */
export function parseDatabaseFlags(given: readonly string[], target: string | null): DatabaseFlags {
  const mapped = new Map<string, string>()
  let chosen: string | null = null
  for (const text of given) {
    const at = text.indexOf('=')
    const name = at === -1 ? text : text.slice(0, at)
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw usage('a --database has a name that cannot be', MAP_IT)
    if (at === -1) {
      if (chosen !== null) throw usage(`--database chooses "${chosen}" and "${name}"`, 'Choose one.')
      chosen = name
      continue
    }
    if (mapped.has(name) || (name === DEFAULT_DATABASE && target !== null))
      throw usage(`the database "${name}" is mapped twice`, 'Map it once: main is what --target or --connection names.')
    mapped.set(name, text.slice(at + 1))
  }
  return { mapped, chosen }
}

const MAP_IT = 'Write --database ci=postgres://user@host:port/database, the name in small letters, digits and _.'

function usage(message: string, remedy: string): TrancheError {
  return new TrancheError('usage', message, { remedy })
}
