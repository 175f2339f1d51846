/** Asks all indicators about one migration's table, and watches for lock waits while its jobs run. */
import type { HealthReading } from '../../shared/health.ts'
import type { Sql } from '../../shared/sql.ts'
import { type EngineContext, localSettings } from '../context.ts'
import { type Answer, fly } from '../target/flight.ts'
import { assertCommitted, COMMIT, deadlineOf, opening, rollBack } from '../target/transaction.ts'
import type { Probe, WalSample } from './indicator.ts'
import { INDICATORS } from './indicators.ts'
import { longestOf, type LongestWait, waitsForUs } from './lock-wait-watch.ts'

/** A question that takes longer says nothing about health that a job could wait for. */
const STATEMENT_TIMEOUT_MS = 1_000
const WATCH_MS = 1_000

export interface HealthMonitor {
  /** All indicators, in order. What one of them throws is its reading `unknown`; nothing is thrown. */
  evaluate(): Promise<readonly HealthReading[]>
  /** Watches until the signal is aborted. */
  watch(signal: AbortSignal): Promise<void>
}

export function createHealthMonitor(context: EngineContext, tableOid: string): HealthMonitor {
  const walSamples: WalSample[] = []
  let longestWait: LongestWait | null = null
  const ask = (statement: Sql): ReturnType<Probe['ask']> => askServer(context, statement)
  return {
    async evaluate() {
      const probe: Probe = {
        settings: context.health(),
        tableOid,
        trackingSchema: context.tables.schema,
        longestWait,
        walSamples,
        ask,
      }
      longestWait = null
      const readings: HealthReading[] = []
      for (const indicator of INDICATORS) {
        const finding = await indicator.observe(probe).catch((error: unknown) => unknown(error))
        readings.push({ indicator: indicator.name, ...finding })
      }
      return readings
    },
    async watch(signal) {
      if (context.health().maxLockWaitSeconds === null) return
      for (;;) {
        await context.clock.sleep(WATCH_MS, signal).catch(() => undefined)
        if (signal.aborted) return
        // A look that fails says nothing; the lanes see a lost connection by themselves.
        const rows = await ask(waitsForUs(context.tables.schema)).catch(() => [])
        longestWait = longestOf(rows, longestWait)
      }
    },
  }
}

function unknown(error: unknown): Omit<HealthReading, 'indicator'> {
  const reason = error instanceof Error ? error.message : String(error)
  return { signal: 'unknown', reason, value: null, limit: null, unit: null }
}

/** The whole transaction in one flight: an evaluation is a handful of round trips. */
async function askServer(context: EngineContext, statement: Sql): Promise<Answer['rows']> {
  const settings = await localSettings(context, { statementTimeoutMs: STATEMENT_TIMEOUT_MS, isReadOnly: true })
  return context.target.withClient(async (client) => {
    try {
      const answers = await fly(client, [...opening(settings), statement, COMMIT], deadlineOf(settings))
      const [commit, answer] = [answers.at(-1), answers.at(-2)]
      if (commit === undefined || answer === undefined) throw new Error('the server answered a flight with nothing')
      assertCommitted(commit)
      return answer.rows
    } catch (error) {
      await rollBack(client)
      throw error
    }
  })
}
