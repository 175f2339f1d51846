/** What a connection's other logical databases lead to. A mapping never crosses environments: what is confirmed for one holds for all. */
import { openTarget, type Target } from '../../engine/target/open-target.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { applicationName } from '../create-engine-host.ts'
import type { BackendContext } from './backend-context.ts'
import { createMappedTarget } from './mapped-target.ts'
import { resolveConnection } from './resolve-connection.ts'

type Mapping = Pick<StoredConnection, 'connectionId' | 'name' | 'environment' | 'logicalDatabase' | 'otherDatabases'>

/** Targets by logical name; each connects at its first use. Throws what assertMappings throws. */
export function openMapped(
  context: BackendContext,
  connection: StoredConnection,
  maxConnections: number,
): ReadonlyMap<string, Target> {
  const { identity, logger } = context
  const open = async (other: StoredConnection): Promise<Target> => {
    const { parameters, connectTimeoutMs } = await resolveConnection(context, other)
    const name = applicationName(identity.version, identity.operator)
    return openTarget(parameters, { applicationName: name, logger, maxConnections, connectTimeoutMs })
  }
  return new Map(
    mappedConnections(context, connection).map(([logical, other]) => [
      logical,
      createMappedTarget({ name: other.name, database: other.settings.dbname ?? logical }, async () => open(other)),
    ]),
  )
}

/**
 * Throws invalid_setting where a name is the connection's own, leads to no connection or to one of another environment, and
 * where a connection that maps this one is of another environment.
 */
export function assertMappings(context: BackendContext, connection: Mapping): void {
  mappedConnections(context, connection)
  for (const other of connectionsThatMap(context, connection.connectionId)) {
    if (other.environment !== connection.environment) throw environmentDiffers(other, connection)
  }
}

/** Throws invalid_setting where another connection leads here. */
export function assertNotMapped(context: BackendContext, { connectionId, name }: StoredConnection): void {
  const [other] = connectionsThatMap(context, connectionId)
  if (other === undefined) return
  throw new TrancheError('invalid_setting', `the connection "${other.name}" maps a database to "${name}"`, {
    remedy: `Take it out of the other databases of "${other.name}" first.`,
  })
}

function mappedConnections(
  { storage }: BackendContext,
  mapping: Mapping,
): readonly (readonly [string, StoredConnection])[] {
  return Object.entries(mapping.otherDatabases).map(([logical, connectionId]) => {
    if (logical === mapping.logicalDatabase) {
      throw new TrancheError('invalid_setting', `"${logical}" is the logical database of "${mapping.name}" itself`, {
        remedy: 'Leave it out of the other databases: definitions reach their own database without a mapping.',
      })
    }
    const other = storage.connections.find(connectionId)
    if (other === null) {
      throw new TrancheError(
        'invalid_setting',
        `"${mapping.name}" maps "${logical}" to a connection that is not there`,
        {
          remedy: 'Choose another connection for it, or leave it out.',
        },
      )
    }
    // A connection may stand for itself; what is being saved decides then.
    const isItself = connectionId === mapping.connectionId
    if (!isItself && other.environment !== mapping.environment) throw environmentDiffers(mapping, other)
    return [logical, other] as const
  })
}

function connectionsThatMap({ storage }: BackendContext, connectionId: string): readonly StoredConnection[] {
  return storage.connections
    .list()
    .filter((each) => each.connectionId !== connectionId && Object.values(each.otherDatabases).includes(connectionId))
}

function environmentDiffers(from: Pick<Mapping, 'name' | 'environment'>, to: typeof from): TrancheError {
  return new TrancheError(
    'invalid_setting',
    `"${from.name}" is ${from.environment}, and maps a database to "${to.name}", which is ${to.environment}`,
    {
      remedy:
        'Map connections of one environment only: it decides what has to be confirmed before something is written.',
      details: { environment: from.environment, mapped: to.environment },
    },
  )
}
