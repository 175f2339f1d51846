import { describe, expect, it } from 'vitest'
import { check, sql } from '../../src/catalogue/api.ts'
import { loadedOf } from '../support/engine-ports.ts'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { define, finished, HIT, queued } from '../support/performed.ts'
import type { TestDatabase } from '../support/test-database.ts'

const JOBS = { name: 'every job succeeded', kind: 'jobs_succeeded', rows: [], waivedBecause: null }
const COVERAGE = { name: 'the jobs cover the range', kind: 'coverage', rows: [], waivedBecause: null }

describe('the built-in checks', () => {
  it('hold for a finished migration, and alone prove the coverage only', async () => {
    const { engine, migrationId, heard } = await finished()
    const verification = await engine.verify(migrationId)
    const { definitionHash } = await engine.get(migrationId)
    expect(verification).toMatchObject({
      migrationId,
      holds: true,
      proven: 'coverage-only',
      exceptions: [],
      definitionHash,
      checks: [
        { ...JOBS, holds: true, expected: '0 unsucceeded jobs', found: '0 unsucceeded jobs' },
        { ...COVERAGE, holds: true, expected: '3 to 36 without gap or overlap', found: '3 jobs cover 3 to 36' },
      ],
      newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0, isCapped: false },
    })
    expect(heard.slice(-3).map(({ name }) => name)).toEqual([
      'check:finished',
      'check:finished',
      'verification:finished',
    ])
  })

  it('do not hold for one that has not run, has run in part, or failed', async () => {
    const { engine, migrationId, query } = await queued()
    const found: unknown[] = []
    const look = async (): Promise<void> => {
      const { holds, proven, checks } = await engine.verify(migrationId)
      found.push([holds, proven, ...checks.map((each) => each.found)])
    }
    await look()
    await engine.run(migrationId, { maxJobs: 1 })
    await look()
    await engine.run(migrationId)
    await query('UPDATE tranche.batched_background_migration_jobs SET status = 2, attempts = 3 WHERE min_value = 3')
    await query('UPDATE tranche.batched_background_migrations SET status = 4')
    await look()
    const unplanned = 'jobs have not been made for the whole range yet'
    expect(found).toEqual([
      [false, 'nothing', '0 unsucceeded jobs', unplanned],
      [false, 'nothing', '0 unsucceeded jobs', unplanned],
      [false, 'nothing', '1 unsucceeded job', '3 jobs cover 3 to 36'],
    ])
    expect((await engine.verify(migrationId)).checks[0]?.rows).toMatchObject([
      { status: 2, attempts: 3, min_value: '3', max_value: '12' },
    ])
  })

  it.each([
    [
      'a gap',
      `UPDATE tranche.job_progress SET planned_from = '{13}' WHERE planned_from = '{12}'`,
      '1 gaps or overlaps between jobs',
    ],
    [
      'an overlap',
      `UPDATE tranche.job_progress SET planned_from = '{11}' WHERE planned_from = '{12}'`,
      '1 gaps or overlaps between jobs',
    ],
    [
      'a job that is gone',
      `DELETE FROM tranche.batched_background_migration_jobs WHERE min_value = 15`,
      '1 gaps or overlaps between jobs',
    ],
    [
      'no first job',
      `DELETE FROM tranche.batched_background_migration_jobs WHERE min_value = 3`,
      '1 gaps or overlaps between jobs',
    ],
    [
      'no last job',
      `DELETE FROM tranche.batched_background_migration_jobs WHERE min_value = 27`,
      'the last job does not reach the maximum',
    ],
    [
      'a raised maximum',
      `UPDATE tranche.batched_background_migrations SET max_value = 99`,
      'the last job does not reach the maximum',
    ],
  ])('find %s', async (_what, damage, found) => {
    const { engine, migrationId, query } = await finished()
    await query(damage)
    const { holds, checks } = await engine.verify(migrationId)
    expect({ holds, coverage: checks[1]?.found }).toEqual({ holds: false, coverage: found })
  })

  it('count rows that appeared after queueing, in scope only', async () => {
    const { engine, migrationId, query } = await finished({ scope: sql`NOT bad` })
    await query(
      'INSERT INTO items (id, bad) VALUES (1, false), (13, false), (14, true), (4, false), (40, false), (41, true), (50, false)',
    )
    const { holds, newAfterQueueing } = await engine.verify(migrationId)
    // 1 lies below the minimum, and 4 within a job: neither above nor between.
    expect({ holds, newAfterQueueing }).toEqual({
      holds: true,
      newAfterQueueing: { aboveMaximum: 2, betweenJobs: 1, isCapped: false },
    })
  })

  it('do not call new what lay above a maximum that was asked for', async () => {
    const { engine, query } = await setup({ schema: hitsTable(8), definitions: [hitEvery()] })
    const { migration } = await engine.queue({ jobClassName: 'HitEvery', max: '13' })
    await engine.run(migration.id)
    await query('INSERT INTO items (id) VALUES (4), (14), (22), (25), (100)')
    // 15 to 24 were there; 14 and 22 lie among them. 4 is new within the range of a job, and between two keys of it.
    expect((await engine.verify(migration.id)).newAfterQueueing).toMatchObject({ aboveMaximum: 2 })
  })

  it('count new rows up to a limit, and say so', async () => {
    const { engine, migrationId, query } = await finished()
    await query('INSERT INTO items (id) SELECT generate_series(100, 10200)')
    expect((await engine.verify(migrationId)).newAfterQueueing).toEqual({
      aboveMaximum: 10_000,
      betweenJobs: 0,
      isCapped: true,
    })
  })
})

it('keeps each verification and tells of it in the journal', async () => {
  const { engine, migrationId, query } = await finished({
    verify: [check.none('none is hit', sql`SELECT id FROM items WHERE hits = 1`)],
  })
  const { verifiedAt, ...verification } = await engine.verify(migrationId)
  expect(await query('SELECT migration_id, holds, definition_hash, result FROM tranche.verifications')).toEqual([
    { migration_id: migrationId, holds: false, definition_hash: verification.definitionHash, result: verification },
  ])
  expect((await engine.events(migrationId)).at(-1)).toMatchObject({
    kind: 'verify',
    details: { holds: false, proven: 'nothing', failed: ['none is hit'], waived: [] },
  })
  expect((await engine.report(migrationId)).verification).toEqual({
    ...verification,
    verifiedAt,
    isStale: expect.any(Boolean) as boolean,
    staleBecause: expect.any(Array) as string[],
  })
})

it('calls a proof stale when it is old, of another definition, or of a table that was written since', async ({
  skip,
}) => {
  const { engine, migrationId, query, another } = await finished()
  skip(!(await countsAtOnce(query)), 'the server counts too late')
  await engine.verify(migrationId)
  const definition = define(({ subBatch }) => HIT(subBatch))
  const changed = another({ definitions: { find: () => loadedOf(definition, 'changed'), list: () => [] } })
  const staleness = async (by = engine): Promise<readonly string[] | undefined> =>
    (await by.report(migrationId)).verification?.staleBecause

  expect(await staleness(changed)).toEqual(['the definition changed since'])
  await query(`UPDATE tranche.verifications SET verified_at = verified_at - interval '24 hours 1 second'`)
  expect(await staleness()).toEqual(['it is older than 24 hours'])
  await query('DELETE FROM tranche.verifications')
  await engine.verify(migrationId)
  await query('UPDATE items SET hits = hits + 1 WHERE id = 3')
  await query('SELECT pg_stat_force_next_flush()')
  await expect.poll(async () => staleness()).toEqual(['the table was written since'])
})

it('knows of all that the run itself wrote when it is made right behind it', async ({ skip }) => {
  const { engine, query, migrationId } = await queued()
  skip(!(await countsAtOnce(query)), 'the server counts too late')
  await engine.run(migrationId, { parallel: 2 })
  await engine.verify(migrationId)
  expect(await query(`SELECT write_counters->>'updated' AS updated FROM tranche.verifications`)).toEqual([
    { updated: '12' },
  ])
})

/** Before PostgreSQL 15 the table's counters lag behind. From it on, those of what was written until now are brought up to date. */
async function countsAtOnce(query: TestDatabase['query']): Promise<boolean> {
  const rows = await query<{ n: number }>(`SELECT current_setting('server_version_num')::int AS n`)
  if ((rows[0]?.n ?? 0) < 150_000) return false
  await query('SELECT pg_stat_force_next_flush()')
  return true
}
