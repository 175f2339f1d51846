import { onTestFinished, expect, it } from 'vitest'
import { decideEnding } from '../../src/engine/ending.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { openTestTarget } from '../support/engine-setup.ts'
import { contextOf } from '../support/internals.ts'
import { queued } from '../support/performed.ts'

it.each([
  ['26 of 50 jobs failed', { failed: 26, succeeded: 24 }, 'failed'],
  ['25 of 50 jobs failed', { failed: 25, succeeded: 25 }, 'active'],
  ['49 jobs failed, all there are', { failed: 49, succeeded: 0 }, 'active'],
  ['50 jobs succeeded', { failed: 0, succeeded: 50 }, 'active'],
  ['60 of 60 failed, and 30 of them before it was started anew', { failed: 30, succeeded: 0, before: 30 }, 'active'],
  ['60 of 60 failed, and it never started', { failed: 60, succeeded: 0, isStarted: false }, 'active'],
])('%s: the migration is as it should be', async (_what, counts: Counts, status) => {
  const { query, database, migrationId } = await queued()
  const { failed, succeeded, before = 0, isStarted = true } = counts
  await query(
    `UPDATE tranche.batched_background_migrations SET started_at = ${isStarted ? `now() - interval '1 hour'` : 'NULL'}`,
  )
  await query(
    `INSERT INTO tranche.batched_background_migration_jobs
       (batched_background_migration_id, min_value, max_value, batch_size, sub_batch_size, attempts, status, created_at)
     SELECT $1, n, n, 1, 1, 1, CASE WHEN n <= $2 THEN 2 ELSE 3 END,
            CASE WHEN n <= $4 THEN now() - interval '1 day' ELSE now() END
       FROM generate_series(1, $3::int) AS n`,
    [migrationId, failed + before, failed + before + succeeded, before],
  )
  const target = openTestTarget(database)
  onTestFinished(() => target.close())

  const ending = await decideEnding(contextOf({ target, definitions: sourceOf([]) }), migrationId)

  expect(ending.status).toBe(status)
})

interface Counts {
  readonly failed: number
  readonly succeeded: number
  readonly before?: number
  readonly isStarted?: boolean
}
