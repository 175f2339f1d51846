/** What our sessions do in the target right now, and who keeps one of them waiting. */
export interface SessionView {
  readonly pid: number
  /** `tranche/1.0.0 mara`: the program and its operator. */
  readonly application: string
  /** As PostgreSQL calls it: `active`, `idle`, `idle in transaction`. */
  readonly state: string
  /** Of the transaction that is open; null: none is. */
  readonly transactionSeconds: number | null
  /** null: it waits for no lock. */
  readonly blocked: BlockedView | null
}

interface BlockedView {
  readonly seconds: number
  /** Who holds the lock, or waits for it before us; empty where that cannot be seen. */
  readonly by: readonly BlockerView[]
}

export interface ReplicaView {
  readonly name: string
  /** null: this role may not know it (GRANT pg_monitor), or the replica never told how far it is. */
  readonly lagSeconds: number | null
}

export interface BlockerView {
  readonly pid: number
  /** null: this role may not see it. */
  readonly application: string | null
  readonly state: string | null
  /** One of ours: lanes wait for each other as a matter of course. */
  readonly isOurs: boolean
}
