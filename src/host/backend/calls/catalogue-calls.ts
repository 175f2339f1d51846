import type { LoadedDefinition } from '../../../catalogue/definition.ts'
import { scopeOf } from '../../../engine/batching/scope.ts'
import type { FirstStatement } from '../../../engine/first-statement.ts'
import { listSteppedFiles } from '../../../engine/stepped/overview.ts'
import { installSql } from '../../../engine/tracking/install.ts'
import type { CatalogueView } from '../../../shared/catalogue-view.ts'
import type { MigrationStateValue } from '../../../shared/cli-output.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { parseJobArguments } from '../../../shared/job-arguments.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { OpenedCatalogue } from '../../catalogue-holder.ts'
import { confirmDeed } from '../confirm-deed.ts'
import { describeDossier, describeEntry } from '../describe-definition.ts'
import type { Desks } from '../desks.ts'
import { getConnection } from '../saved-connections.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function catalogueCalls({ context, desks }: CallParts): CallsOf<'catalogue' | 'tracking'> {
  return {
    'catalogue.list': async ({ connectionId }) => {
      const opened = await desks.catalogueOf(getConnection(context, connectionId)).get()
      return describeCatalogue(opened, statesOf(desks, connectionId))
    },
    'catalogue.reload': async ({ connectionId }) => {
      const opened = await desks.catalogueOf(getConnection(context, connectionId)).reload()
      return describeCatalogue(opened, statesOf(desks, connectionId))
    },
    'catalogue.choose': async ({ connectionId, folder }) => {
      const connection = getConnection(context, connectionId)
      if (desks.find(connectionId)?.driving.isBusy() === true) {
        throw new TrancheError('already_running', 'something is driven on this connection with the present catalogue', {
          remedy: 'Stop it first.',
        })
      }
      const opened = await desks.catalogueOf(connection).choose(folder)
      context.storage.connections.save({ ...connection, catalogueFolder: opened.catalogue.folder })
      return describeCatalogue(opened, statesOf(desks, connectionId))
    },
    'catalogue.dossier': async ({ connectionId, jobClassName }) => {
      const { catalogue } = await desks.catalogueOf(getConnection(context, connectionId)).get()
      const loaded = catalogue.find(jobClassName)
      if (loaded === undefined) {
        throw new TrancheError(
          'unknown_class',
          `the catalogue has no definition named ${JSON.stringify(jobClassName)}`,
          {
            remedy: 'Read the catalogue again: the file may be broken, renamed or gone.',
          },
        )
      }
      return describeDossier(loaded, {
        entry: describeEntry(loaded, statesOf(desks, connectionId)),
        first: await firstStatementOf(desks, connectionId, loaded),
        scope: plainScopeOf(loaded),
      })
    },
    'tracking.install': async ({ connectionId, isConfirmed }) => {
      const { session } = desks.get(connectionId)
      const { environment, trackingSchema } = session.connection
      confirmDeed({ verb: 'install', object: trackingSchema, environment, isConfirmed })
      const { installed, schema } = await session.engine().install()
      session.wake(null, { isUrgent: true })
      return { installed, schema }
    },
    'tracking.sql': async ({ connectionId }) => {
      const { trackingSchema } = getConnection(context, connectionId)
      return { sql: await installSql(trackingSchema) }
    },
  }
}

/** As they were read last; null where the target is not open, or was not read yet. */
function statesOf(desks: Desks, connectionId: string): readonly MigrationStateValue[] | null {
  const session = desks.find(connectionId)?.session
  if (session === undefined || session.head().readAtMs === null) return null
  return session.reader.views.list().map(({ state }) => state)
}

function describeCatalogue(
  { catalogue, readAtMs }: OpenedCatalogue,
  states: readonly MigrationStateValue[] | null,
): CatalogueView {
  return {
    folder: catalogue.folder,
    entries: catalogue.definitions.map((loaded) => describeEntry(loaded, states)),
    stepped: listSteppedFiles(catalogue.stepped()),
    broken: catalogue.broken.map(({ file, line, column, code, message, remedy }) => ({
      ...{ file, line, column, code, message, remedy },
    })),
    readAtMs,
  }
}

/** The tables are in the target: without it there is nothing to write a statement for. */
async function firstStatementOf(
  desks: Desks,
  connectionId: string,
  { definition }: LoadedDefinition,
): Promise<FirstStatement> {
  const session = desks.find(connectionId)?.session
  if (session?.head().link.kind !== 'connected')
    return { statement: null, statementUnknownBecause: 'the target is not connected' }
  return session.engine().planStatement({ jobClassName: definition.jobClassName })
}

/** Where the scope needs arguments, the plan of a queueing shows it. */
function plainScopeOf({ definition }: LoadedDefinition): Sql | null {
  try {
    return scopeOf(definition, parseJobArguments(definition, []).args)
  } catch {
    return null
  }
}
