import type { Handlers } from '../../../shared/contract.ts'
import { subjectOf } from '../ticket-subject.ts'
import type { CallParts } from './call-context.ts'

type Removal = 'migrations.archived' | 'migrations.beginRemoval' | 'migrations.requeue' | 'migrations.delete'

/** Requeueing and deleting: each with a ticket of its own, since nothing leads back. */
export function removalCalls({ desks, tickets }: CallParts): Pick<Handlers, Removal> {
  return {
    'migrations.archived': ({ connectionId }) => desks.get(connectionId).session.engine().archived(),
    'migrations.beginRemoval': async ({ connectionId, migrationId, verb }) =>
      tickets.issue(await subjectOf(desks.get(connectionId).session, verb, migrationId)),
    'migrations.requeue': async ({ connectionId, migrationId, nonce, phrase }) => {
      const { session } = desks.get(connectionId)
      tickets.redeem({ nonce, phrase }, await subjectOf(session, 'requeue', migrationId))
      await session.catalogue.get()
      const outcome = await session.engine().requeue(migrationId)
      session.wake(null, { isUrgent: true })
      return outcome
    },
    'migrations.delete': async ({ connectionId, migrationId, nonce, phrase }) => {
      const { session } = desks.get(connectionId)
      tickets.redeem({ nonce, phrase }, await subjectOf(session, 'delete', migrationId))
      const archived = await session.engine().delete(migrationId)
      session.wake(null, { isUrgent: true })
      return archived
    },
  }
}
