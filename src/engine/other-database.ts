import { TrancheError } from '../shared/errors.ts'
import type { Sql } from '../shared/sql.ts'
import { type EngineContext, localSettings } from './context.ts'
import type { Answer } from './target/flight.ts'
import type { Target } from './target/open-target.ts'
import { kindOfError } from './target/sqlstate.ts'
import { transact } from './target/transaction.ts'

/**
 * `ctx.database(name).query`: one statement on another logical database, in a transaction of its own, so that it must be
 * safe to repeat. Throws unknown_database, and target_lost where that database is away: the sub-batch's own connection is
 * then not in doubt.
 */
export async function queryOther(context: EngineContext, name: string, statement: Sql): Promise<Answer> {
  const target = getTarget(context, name)
  const settings = { ...(await localSettings(context, {})), hasConnectionCheck: false }
  try {
    return await target.withClient((client) =>
      transact(client, settings, (transaction) => transaction.query(statement)),
    )
  } catch (error) {
    if (kindOfError(error) !== 'connection') throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new TrancheError('target_lost', `the database "${name}" did not answer: ${said}`, {
      remedy: 'Bring it back, then retry the job.',
      cause: error,
    })
  }
}

/** Its own database is answered too, in a transaction apart: the same definition may run where both are one. */
function getTarget({ database, target: own, otherDatabases }: EngineContext, name: string): Target {
  const target = name === database ? own : otherDatabases.get(name)
  if (target !== undefined) return target
  const known = [database, ...otherDatabases.keys()]
  throw new TrancheError(
    'unknown_database',
    `the definition asks for the database "${name}", which no target was given for`,
    {
      remedy: `Map it: --database ${name}=postgres://user@host:port/database, or in the connection. Mapped: ${known.join(', ')}.`,
      details: { database: name, known },
    },
  )
}
