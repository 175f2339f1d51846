/** Two and more sessions on one migration, for tests in which they hold each other up. */
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { Backlog } from '../../src/engine/backlog.ts'
import type { Claim } from '../../src/engine/claim.ts'
import { claimJob } from '../../src/engine/claims.ts'
import type { EngineContext } from '../../src/engine/context.ts'
import type { Drive } from '../../src/engine/drive.ts'
import { commitSubBatch, prepareSubBatch } from '../../src/engine/executor.ts'
import { sourceOf } from './engine-ports.ts'
import { type Bundle, openTestTarget, setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { contextOf } from './internals.ts'
import { until } from './until.ts'

export interface Raced extends Bundle {
  readonly migrationId: string
  /** A context on connections of its own: one more process. */
  context(identity?: EngineContext['identity']): EngineContext
}

export async function raced(rows = 100, definitions = [hitEvery({ batchSize: 20, subBatchSize: 5 })]): Promise<Raced> {
  const bundle = await setup({ schema: hitsTable(rows), definitions })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  return {
    ...bundle,
    migrationId: migration.id,
    context(identity) {
      const target = openTestTarget(bundle.database)
      // registered after `setup`, so it is closed before the database is dropped
      onTestFinished(() => target.close())
      return contextOf({ target, definitions: sourceOf(definitions), ...(identity === undefined ? {} : { identity }) })
    },
  }
}

export async function claimed(context: EngineContext, drive: Drive): Promise<Claim> {
  const outcome = await claimJob(context, drive)
  if (outcome.kind !== 'claimed') throw new Error(`expected a claim, got ${outcome.kind}`)
  return outcome.claim
}

export async function runFirstSubBatch(context: EngineContext, drive: Drive, claim: Claim): Promise<void> {
  await runSubBatch(context, drive, claim, 0)
}

/** Runs the sub-batch number `index` by itself, whatever was done before it. */
export async function runSubBatch(context: EngineContext, drive: Drive, claim: Claim, index: number): Promise<void> {
  const slice = claim.slices[index]
  if (slice === undefined) throw new Error(`the claim has no slice ${String(index)}`)
  const predecessor = claim.slices[index - 1]?.end ?? claim.cursor
  const subBatch = { claim, slice, predecessor, backlog: new Backlog(), finishWith: null }
  await commitSubBatch(context, drive, subBatch, await prepareSubBatch(context, drive, subBatch))
}

/** Waits until some backend of this database waits for a lock. */
export async function untilSomebodyWaits({ query }: Pick<Bundle, 'query'>, count = 1): Promise<void> {
  await until(async () => {
    const [row] = await query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return (row?.waiting ?? 0) >= count
  })
}

export async function begin(bundle: Bundle, ...statements: readonly string[]): Promise<pg.Client> {
  const client = await bundle.database.connect()
  await client.query('BEGIN')
  for (const statement of statements) await client.query(statement)
  return client
}

export function hits({ query }: Bundle): Promise<{ hits: number; count: number }[]> {
  return query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits')
}
