import { autovacuum } from './autovacuum.ts'
import type { HealthIndicator } from './indicator.ts'
import { lockWaits } from './lock-waits.ts'
import { longTransactions } from './long-transactions.ts'
import { replicationLag } from './replication-lag.ts'
import { replicationSlots } from './replication-slots.ts'
import { walArchive } from './wal-archive.ts'
import { walRate } from './wal-rate.ts'

/** In the order in which they are asked; the first that says stop is the one that a hold names. */
export const INDICATORS: readonly HealthIndicator[] = [
  replicationLag,
  replicationSlots,
  walArchive,
  walRate,
  lockWaits,
  autovacuum,
  longTransactions,
]
