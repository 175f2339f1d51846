/** Every call of the engine goes in through one of these: they see what tracking schema is there, and say what broke. */
import { TrancheError } from '../shared/errors.ts'
import { attachedContext } from './attached/attached-tables.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { exhausted } from './exhausted.ts'
import { lostConnection } from './reconnect.ts'
import { privilegeMissing } from './target/privileges.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'
import { assertInstalled, notInstalled, readSchemaState, type SchemaState } from './tracking/schema-state.ts'

export interface Doors {
  /**
   * A connection that broke under a call, a privilege that is missing, and a tracking schema that somebody dropped meanwhile are
   * told as what they are, not as the driver's words.
   */
  readonly told: <T>(action: () => Promise<T>) => Promise<T>
  /** Needs the tracking schema, at the version that this program knows. */
  readonly installed: <T>(action: () => Promise<T>) => Promise<T>
  /** For what GitLab's own tables are good for too: `theirs` is called where there are those. */
  readonly either: <T>(
    ours: (context: EngineContext) => Promise<T>,
    theirs?: (context: EngineContext) => Promise<T>,
  ) => Promise<T>
  readonly schemaState: () => Promise<SchemaState>
}

export function createDoors(context: EngineContext): Doors {
  const { schema } = context.tables
  const schemaState = (): Promise<SchemaState> =>
    inTransaction(context, (transaction) => readSchemaState(transaction, schema))
  /** Where that cannot be asked, what broke stays what it is. */
  const isUninstalled = async (): Promise<boolean> =>
    schemaState().then(
      ({ version }) => version === null,
      () => false,
    )
  const told: Doors['told'] = async (action) => {
    try {
      return await action()
    } catch (error) {
      if (error instanceof TrancheError) throw error
      if (sqlstateOf(error) === '42501') throw privilegeMissing(context, error)
      if (isOfSomethingGone(error) && (await isUninstalled())) throw notInstalled(schema)
      const kind = kindOfError(error)
      if (kind === 'connection') throw lostConnection(context, error)
      if (kind === 'exhausted') throw exhausted(error)
      throw error
    }
  }
  const installed: Doors['installed'] = async (action) =>
    told(async () => {
      await inTransaction(context, (transaction) => assertInstalled(transaction, schema))
      return action()
    })
  return {
    told,
    installed,
    schemaState,
    either: async (ours, theirs = ours) =>
      told(async () =>
        (await schemaState()).version === 'attached'
          ? theirs(await attachedContext(context))
          : installed(() => ours(context)),
      ),
  }
}

/** No such schema, table, column or function: one of the author's, or all of ours. */
function isOfSomethingGone(error: unknown): boolean {
  return ['3F000', '42P01', '42703', '42883'].includes(sqlstateOf(error) ?? '')
}
