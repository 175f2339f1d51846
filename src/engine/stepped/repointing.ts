/** A connection that has done something stays at the database where it was done: elsewhere nothing of it is there. */
import { TrancheError } from '../../shared/errors.ts'
import type { SteppedConnectionValue } from '../../shared/stepped-view.ts'
import type { SteppedRecord } from './records.ts'

type Pointed = Pick<SteppedConnectionValue, 'adapter' | 'prefix'>

/** Throws connection_in_use where records tell of work that was done under another adapter or prefix. */
export function assertSamePlace(
  before: SteppedConnectionValue,
  after: Pointed,
  records: readonly SteppedRecord[],
): void {
  const { name } = before
  const isMoved = placeOf(before.adapter) !== placeOf(after.adapter)
  if (!isMoved && before.prefix === after.prefix) return
  const done = records.filter(isDone).map(({ version }) => version)
  if (done.length === 0) return
  const was = isMoved ? (before.adapter ?? 'the target itself') : `tables that begin with ${before.prefix}_`
  const wanted = isMoved ? (after.adapter ?? 'the target itself') : `${after.prefix}_`
  throw new TrancheError(
    'connection_in_use',
    `the connection "${name}" has done ${done.join(', ')} on ${was}; none of that is on ${wanted}`,
    {
      remedy: `Give the other place a connection with a name of its own, or let this one run everything again there: tranche stepped reset --all, then connect.`,
      details: { connection: name, versions: done },
    },
  )
}

/** Completed, begun, or passed over by an operator who looked at that database. */
function isDone({ status, metadata }: SteppedRecord): boolean {
  return (
    status === 'completed' || metadata.skipped_by === 'operator' || Object.keys(metadata.operations ?? {}).length > 0
  )
}

/** Host, port and database of an address: who logs in, and how, may change. */
function placeOf(adapter: string | null): string {
  if (adapter === null) return ''
  const [, place = '', database = '', query = ''] =
    /^postgres(?:ql)?:\/\/(?:[^/?#@]*@)?([^/?#]*)(?:\/([^?#]*))?(?:\?(.*))?$/i.exec(adapter) ?? []
  if (place === '' && database === '' && query === '') return adapter
  const named = query.split('&').filter((pair) => /^(host|port|dbname|service)=/.test(pair))
  const [host = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(place)?.slice(1) ?? []
  return [host.toLowerCase(), port || '5432', database, ...named.sort()].join(' ')
}
