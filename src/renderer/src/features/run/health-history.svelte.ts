import type { HealthReading, IndicatorName } from '../../../../shared/health.ts'
import type { Console } from '../../state/console.svelte.ts'
import { Loaded } from '../../state/loaded.svelte.ts'
import type { Point } from './lane-data.ts'

const ASK_MS = 10_000
const MOST = 720

interface HealthAnswer {
  readonly readings: readonly HealthReading[]
  readonly readAtMs: number
}

/** What the indicators said since this page looks: nobody keeps it, so a reload begins anew. */
export class HealthHistory {
  readonly answer = new Loaded<HealthAnswer>()
  #points = $state.raw<ReadonlyMap<IndicatorName, readonly Point[]>>(new Map())
  readonly #console: Console
  readonly #of: { readonly connectionId: string; readonly migrationId: string }

  constructor(console: Console, of: { readonly connectionId: string; readonly migrationId: string }) {
    this.#console = console
    this.#of = of
  }

  /** Since when this page looks; null: it was not told anything yet. */
  get sinceMs(): number | null {
    const first = [...this.#points.values()].flatMap(([point]) => point?.atMs ?? [])
    return first.length === 0 ? null : Math.min(...first)
  }

  /** Oldest first. */
  pointsOf(indicator: IndicatorName): readonly Point[] {
    return this.#points.get(indicator) ?? []
  }

  readonly ask = async (): Promise<void> => {
    await this.answer.load(async () => {
      const answer = await this.#console.api('migrations.health', this.#of)
      this.#keep(answer)
      return answer
    })
  }

  /** Again and again while somebody looks; the function that is returned ends it. */
  follow(): () => void {
    void this.ask()
    const timer = setInterval(() => void this.ask(), ASK_MS)
    return () => clearInterval(timer)
  }

  #keep({ readings, readAtMs: atMs }: HealthAnswer): void {
    const points = new Map(this.#points)
    for (const { indicator, value } of readings) {
      if (value !== null) points.set(indicator, [...(points.get(indicator) ?? []), { atMs, value }].slice(-MOST))
    }
    this.#points = points
  }
}

const PREFERRED: readonly IndicatorName[] = [
  'replication_lag',
  'wal_rate',
  'lock_waits',
  'long_transactions',
  'replication_slots',
  'wal_archive',
]

/** The one worth a lane: what holds the migration, else the first that is measured against a limit. */
export function laneReading(readings: readonly HealthReading[], held: IndicatorName | null): HealthReading | null {
  const measured = readings.filter(({ value, unit }) => value !== null && unit !== 'workers')
  const limited = PREFERRED.flatMap((name) =>
    measured.filter(({ indicator, limit }) => indicator === name && limit !== null),
  )
  return measured.find(({ indicator }) => indicator === held) ?? limited[0] ?? null
}
