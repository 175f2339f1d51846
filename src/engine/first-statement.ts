/** What a definition runs for its first sub-batch, as text, without running it. */
import type { JobArguments, LoadedDefinition, PerformContext } from '../catalogue/definition.ts'
import type { StatementView } from '../shared/catalogue-view.ts'
import { compileSql, isSql, type Sql } from '../shared/sql.ts'
import type { KeyRange } from './batching/key-range.ts'
import type { Scoped } from './batching/strategy.ts'
import { createSubBatch } from './batching/sub-batch.ts'

export interface FirstStatement {
  readonly statement: StatementView | null
  readonly statementUnknownBecause: string | null
}

interface Subject {
  readonly loaded: LoadedDefinition
  readonly args: JobArguments
  readonly scoped: Scoped
}

/** Thrown at the first query of an author's function: nothing is sent. */
class OnlyLooking extends Error {}

/** The statement of the slice `range`. An author's function is followed up to its first query, which is not sent. */
export async function firstStatement(
  { loaded, args, scoped }: Subject,
  range: KeyRange,
  values?: readonly string[],
): Promise<FirstStatement> {
  const { perform } = loaded.definition
  const looking: PerformContext = {
    subBatch: createSubBatch(scoped, range, values),
    args,
    jobId: '0',
    migrationId: '0',
    signal: AbortSignal.abort(),
    log: () => undefined,
  }
  try {
    if (typeof perform !== 'function') return known(perform.select(looking))
    const seen: Sql[] = []
    const look = (statement: Sql): Promise<never> => {
      seen.push(statement)
      return silenced(Promise.reject(new OnlyLooking('only looking')))
    }
    const result: unknown = perform({ ...looking, query: look, database: () => ({ query: look }) })
    if (isSql(result)) return known(result)
    await Promise.resolve(result).catch(() => undefined)
    const [first] = seen
    return first === undefined ? unknown('the function decides what it runs, and asked for nothing yet') : known(first)
  } catch (error) {
    return unknown(`the definition threw: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function known(statement: Sql): FirstStatement {
  return { statement: statementView(statement), statementUnknownBecause: null }
}

function unknown(because: string): FirstStatement {
  return { statement: null, statementUnknownBecause: because }
}

function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

export function statementView(statement: Sql): StatementView {
  const { text, values } = compileSql(statement)
  return { text: unindented(text), values: values.map(valueText) }
}

function valueText(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

/** Authors indent their templates as their code is. */
function unindented(text: string): string {
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const indents = lines.slice(lines.length > 1 && !lines[0]?.startsWith(' ') ? 1 : 0)
  const common = Math.min(...indents.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
  return lines
    .map((line, index) => (index === 0 ? line.trimStart() : line.slice(Math.min(common, line.search(/\S|$/)))))
    .join('\n')
}
