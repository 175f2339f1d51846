/** Open connections, each with what is done there. What a page watches belongs to the page and ends with it. */
import { TrancheError } from '../../shared/errors.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import type { BackendContext } from './backend-context.ts'
import { type CatalogueHolder, createCatalogueHolder } from '../catalogue-holder.ts'
import { createDriving, type Driving } from './driving.ts'
import { createProvingDesk, type ProvingDesk } from './proving.ts'
import { createSteppedDesk, type SteppedDesk } from './stepped-desk.ts'
import { openTargetSession, type TargetSession } from './target-session.ts'

export interface Desk {
  readonly session: TargetSession
  readonly driving: Driving
  readonly proving: ProvingDesk
  readonly stepped: SteppedDesk
}

export interface Desks {
  /** Throws not_open. */
  get(connectionId: string): Desk
  find(connectionId: string): Desk | undefined
  open(connection: StoredConnection): Desk
  close(connectionId: string): Promise<void>
  catalogueOf(connection: StoredConnection): CatalogueHolder
  watch(clientId: string, connectionId: string, migrationId: string | null): void
  clientGone(clientId: string): void
  closeAll(): Promise<void>
}

export function createDesks(context: BackendContext): Desks {
  const desks = new Map<string, Desk>()
  const catalogues = new Map<string, CatalogueHolder>()
  const watches = new Map<string, { readonly connectionId: string; readonly migrationId: string }>()

  const tellWatched = (connectionId: string): void => {
    const ids = [...watches.values()].filter((watch) => watch.connectionId === connectionId)
    desks.get(connectionId)?.session.setWatched(new Set(ids.map(({ migrationId }) => migrationId)))
  }
  const catalogueOf: Desks['catalogueOf'] = ({ connectionId, catalogueFolder }) => {
    const known = catalogues.get(connectionId)
    if (known !== undefined) return known
    const holder = createCatalogueHolder(catalogueFolder)
    catalogues.set(connectionId, holder)
    return holder
  }
  const close: Desks['close'] = async (connectionId) => {
    const desk = desks.get(connectionId)
    if (desk === undefined) return
    desks.delete(connectionId)
    await Promise.all([desk.proving.close(), desk.driving.close(), desk.stepped.close()])
    await desk.session.close()
    context.publisher.publish({ kind: 'target', connectionId, target: null }, { isUrgent: true })
  }
  return {
    get(connectionId) {
      const desk = desks.get(connectionId)
      if (desk !== undefined) return desk
      throw new TrancheError('not_open', 'this connection is not open', { remedy: 'Open it first.' })
    },
    find: (connectionId) => desks.get(connectionId),
    open(connection) {
      const session = openTargetSession(context, connection, catalogueOf(connection))
      const driving = createDriving(context, session)
      const desk = {
        session,
        driving,
        proving: createProvingDesk(session, driving),
        stepped: createSteppedDesk(session),
      }
      desks.set(connection.connectionId, desk)
      tellWatched(connection.connectionId)
      return desk
    },
    close,
    catalogueOf,
    watch(clientId, connectionId, migrationId) {
      const before = watches.get(clientId)?.connectionId
      if (migrationId === null) watches.delete(clientId)
      else watches.set(clientId, { connectionId, migrationId })
      tellWatched(connectionId)
      if (before !== undefined && before !== connectionId) tellWatched(before)
    },
    clientGone(clientId) {
      const before = watches.get(clientId)?.connectionId
      watches.delete(clientId)
      if (before !== undefined) tellWatched(before)
    },
    async closeAll() {
      await Promise.all([...desks.keys()].map(close))
      for (const catalogue of catalogues.values()) catalogue.close()
    },
  }
}
