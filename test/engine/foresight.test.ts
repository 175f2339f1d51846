import { expect, it } from 'vitest'
import { claimJob } from '../../src/engine/claims.ts'
import type { EngineContext } from '../../src/engine/context.ts'
import type { Drive } from '../../src/engine/drive.ts'
import { foreseePlan } from '../../src/engine/planner.ts'
import { joinedDrive } from '../support/internals.ts'
import { claimed, raced, type Raced } from '../support/raced.ts'
import { hitEvery } from '../support/hits.ts'

const KNOBS = { batch_size: 20, sub_batch_size: 5, pause_ms: 0 }

/** A runner that has claimed the first job of 20 rows and has looked up the second one. */
async function foreseeing(): Promise<Raced & { readonly context1: EngineContext; readonly drive: Drive }> {
  const bundle = await raced(60, [hitEvery({ batchSize: 20, subBatchSize: 5 })])
  const context1 = bundle.context()
  const drive = await joinedDrive(context1, bundle.migrationId)
  await claimed(context1, drive)
  drive.foresight.look((next) => foreseePlan(context1, drive, next))
  await drive.foresight.settle(drive.signal)
  return { ...bundle, context1, drive }
}

it('the next job is the one that was foreseen, and rows that came or went meanwhile change nothing about its range', async () => {
  const { context1, drive, query } = await foreseeing()
  await query('DELETE FROM items WHERE id IN (75, 120)')
  await query('INSERT INTO items (id) SELECT max(id) + 1 FROM items')

  const claim = await claimed(context1, drive)

  // Asked anew, the plan would end at 126: this is the one made before.
  expect(claim).toMatchObject({ min: ['63'], max: ['120'], epoch: '1' })
  expect(claim.slices.map(({ end }) => end)).toEqual([['75'], ['90'], ['105'], ['120']])
  const [progress] = await query('SELECT planned_from, planned_to FROM tranche.job_progress WHERE job_id = $1', [
    claim.jobId,
  ])
  expect(progress).toEqual({ planned_from: ['60'], planned_to: ['120'] })
})

it('what was foreseen is dropped where another runner planned meanwhile', async () => {
  const bundle = await foreseeing()
  const { context1, drive, migrationId } = bundle
  const context2 = bundle.context()
  const other = await joinedDrive(context2, migrationId)

  expect(await claimed(context2, other)).toMatchObject({ min: ['63'], max: ['120'] })
  expect(await claimed(context1, drive)).toMatchObject({ min: ['123'], max: ['180'] })
  expect(await claimJob(context1, drive)).toEqual({ kind: 'nothing' })
})

it('what was foreseen is dropped where the sizes were set meanwhile', async () => {
  const { context1, drive, engine, migrationId } = await foreseeing()

  await engine.set(migrationId, { batchSize: 10, subBatchSize: 5 })

  expect(await claimed(context1, drive)).toMatchObject({ min: ['63'], max: ['90'] })
})

it('a look ahead that fails leaves planning as it is', async () => {
  const { context1, drive } = await foreseeing()
  await claimed(context1, drive)

  drive.foresight.look(() => Promise.reject(new Error('the connection was lost')))
  await drive.foresight.settle(drive.signal)

  expect(await claimed(context1, drive)).toMatchObject({ min: ['123'], max: ['180'] })
})

it('whoever waits for a look ahead is woken by an abort', async () => {
  const { drive } = await foreseeing()
  const stop = new AbortController()
  drive.foresight.expect({ bound: ['60'], isExhausted: false, scanRows: null, knobs: KNOBS })
  drive.foresight.look(() => new Promise(() => undefined))

  const settled = drive.foresight.settle(stop.signal)
  stop.abort()

  await expect(settled).resolves.toBeUndefined()
})
