/** How far replicas are behind, in bytes of WAL and in seconds. */
import { formatMeasure } from '../../shared/health.ts'
import { type Finding, type HealthIndicator, normal, notAvailable, stop, SWITCHED_OFF } from './indicator.ts'
import { lagOf, type ReplicaRow, selectReplicas } from './replicas.ts'

/**
 * Lag that cannot be read where replicas exist means stop: columns hidden from this role, or a replica that never reported
 * a position.
 */
export const replicationLag: HealthIndicator = {
  name: 'replication_lag',
  async observe({ settings: { maxLagBytes, maxLagSeconds }, ask }) {
    if (maxLagBytes === null && maxLagSeconds === null) return SWITCHED_OFF
    const replicas = (await ask(selectReplicas)) as unknown as ReplicaRow[]
    if (replicas.length === 0) return notAvailable('no replica is connected')
    const hidden = replicas.find(({ lag_bytes }) => lag_bytes === null)
    if (hidden !== undefined) return stop(unreadable(hidden))
    const findings = replicas.map((replica) => judge(replica, maxLagBytes, maxLagSeconds))
    return findings.find(({ signal }) => signal === 'stop') ?? furthest(findings)
  },
}

function unreadable({ name, state }: ReplicaRow): string {
  return state === null
    ? 'replicas are connected, but this role may not read their lag (GRANT pg_monitor)'
    : `replica "${name}" has not reported how far it is`
}

function judge(replica: ReplicaRow, maxBytes: number | null, maxSeconds: number | null): Finding {
  const { name } = replica
  const { bytes, seconds } = lagOf(replica)
  const inSeconds = { value: seconds, limit: maxSeconds ?? 0, unit: 'seconds' } as const
  const inBytes = { value: bytes, limit: maxBytes ?? 0, unit: 'bytes' } as const
  const behind = (measure: typeof inSeconds | typeof inBytes): string =>
    `replica "${name}" is ${formatMeasure(measure.value, measure.unit)} behind`
  if (maxSeconds !== null && seconds > maxSeconds) return stop(behind(inSeconds), inSeconds)
  if (maxBytes !== null && bytes > maxBytes) return stop(behind(inBytes), inBytes)
  return maxBytes === null ? normal(behind(inSeconds), inSeconds) : normal(behind(inBytes), inBytes)
}

function furthest(findings: readonly Finding[]): Finding {
  return [...findings].sort((left, right) => (right.value ?? 0) - (left.value ?? 0))[0] ?? normal('no lag')
}
