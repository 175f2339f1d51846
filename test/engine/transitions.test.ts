import { describe, expect, it } from 'vitest'
import { transitionJob, transitionMigration } from '../../src/engine/transitions.ts'
import { type EngineContext, inTransaction } from '../../src/engine/context.ts'
import {
  JOB_STATUS_CODES,
  type JobStatus,
  MIGRATION_EVENTS,
  MIGRATION_STATUS_CODES,
  type MigrationEvent,
  type MigrationStatus,
} from '../../src/shared/status.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { type Bundle, openTestTarget } from '../support/engine-setup.ts'
import { onTestFinished } from 'vitest'
import { contextOf } from '../support/internals.ts'
import { finished, queued } from '../support/performed.ts'

/** The table of the reference, A7, with the two changes of the design, written out once more. */
const ALLOWED: Readonly<Record<MigrationEvent, Partial<Record<MigrationStatus, MigrationStatus>>>> = {
  pause: { active: 'paused', paused: 'paused' },
  execute: { active: 'active', paused: 'active', failed: 'active' },
  finish: { paused: 'finished', active: 'finished', finalizing: 'finished', finished: 'finished' },
  failure: { active: 'failed', finalizing: 'failed', failed: 'failed' },
  finalize: {
    paused: 'finalizing',
    active: 'finalizing',
    finished: 'finalizing',
    failed: 'finalizing',
    finalizing: 'finalizing',
  },
  confirmFinalize: { finished: 'finalized', finalized: 'finalized' },
}
const STATUSES = Object.keys(MIGRATION_STATUS_CODES) as MigrationStatus[]

function contextFor({ database }: Bundle): EngineContext {
  const target = openTestTarget(database)
  onTestFinished(async () => target.close())
  return contextOf({ target, definitions: sourceOf([]) })
}

async function setStatus({ query }: Bundle, status: MigrationStatus): Promise<void> {
  await query('UPDATE tranche.batched_background_migrations SET status = $1', [MIGRATION_STATUS_CODES[status]])
}

describe('a migration', () => {
  it.each(Object.keys(MIGRATION_EVENTS) as MigrationEvent[])(
    'allows %s from exactly the statuses of the table',
    async (event) => {
      const bundle = await finished()
      const context = contextFor(bundle)
      const { migrationId } = bundle
      const found: Record<string, unknown> = {}
      for (const status of STATUSES) {
        await setStatus(bundle, status)
        found[status] = await inTransaction(context, (transaction) =>
          transitionMigration(transaction, context, { migrationId, event }),
        )
          .then(({ from, to }) => `${from} → ${to}`)
          .catch((error: unknown) => error)
        const { status: now } = await bundle.engine.get(migrationId)
        expect(now).toBe(ALLOWED[event][status] ?? status)
      }
      expect(found).toEqual(
        Object.fromEntries(
          STATUSES.map((status) => {
            const to = ALLOWED[event][status]
            if (to !== undefined) return [status, `${status} → ${to}`]
            const target = MIGRATION_EVENTS[event].to
            return [
              status,
              expect.objectContaining({
                code: 'illegal_transition',
                message: `migration ${migrationId} is ${status}; it cannot become ${target}`,
                details: { from: status, to: target, event },
              }) as unknown,
            ]
          }),
        ),
      )
    },
  )

  it.each(['pending', 'running', 'failed'] as JobStatus[])('cannot finish over a job that is %s', async (status) => {
    const bundle = await finished()
    const context = contextFor(bundle)
    await setStatus(bundle, 'active')
    await bundle.query('UPDATE tranche.batched_background_migration_jobs SET status = $1 WHERE min_value = 15', [
      JOB_STATUS_CODES[status],
    ])
    const change = inTransaction(context, (transaction) =>
      transitionMigration(transaction, context, { migrationId: bundle.migrationId, event: 'finish' }),
    )
    await expect(change).rejects.toMatchObject({
      code: 'illegal_transition',
      details: { from: 'active', to: 'finished', event: 'finish' },
    })
    expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'active' })
  })

  it('is started anew by each execute, and ends with finish', async () => {
    const bundle = await queued()
    const context = contextFor(bundle)
    const { migrationId, query } = bundle
    await query(
      `UPDATE tranche.batched_background_migrations SET started_at = '2020-01-01', finished_at = '2020-01-02'`,
    )
    const change = async (event: MigrationEvent): Promise<unknown> => {
      await inTransaction(context, (transaction) => transitionMigration(transaction, context, { migrationId, event }))
      return (
        await query(
          `SELECT started_at > now() - interval '1 hour' AS is_started, finished_at > now() - interval '1 hour' AS is_finished
           FROM tranche.batched_background_migrations`,
        )
      )[0]
    }
    expect([await change('pause'), await change('execute'), await change('finish')]).toEqual([
      { is_started: false, is_finished: false },
      { is_started: true, is_finished: null },
      { is_started: true, is_finished: true },
    ])
  })

  it.each(['abc', '0', '99', '99999999999999999999', ''])('with the id %j is unknown to every call', async (id) => {
    const { engine } = await queued()
    const calls = [
      () => engine.get(id),
      () => engine.pause(id),
      () => engine.resume(id),
      () => engine.set(id, { pauseMs: 1 }),
      () => engine.retry(id),
      () => engine.wait(id, {}),
      () => engine.failures(id),
      () => engine.verify(id),
      () => engine.finalize(id),
      () => engine.report(id),
      () => engine.run(id),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'unknown_migration' })
  })
})

describe('a job', () => {
  async function setupJob(): Promise<Bundle & { context: EngineContext; jobId: string }> {
    const bundle = await finished()
    const [job] = await bundle.query<{ id: string }>(
      'SELECT min(id) AS id FROM tranche.batched_background_migration_jobs',
    )
    return { ...bundle, context: contextFor(bundle), jobId: job?.id ?? '' }
  }
  const read = async ({ query, jobId }: { query: Bundle['query']; jobId: string }): Promise<unknown> =>
    (
      await query(
        `SELECT status, attempts, started_at > now() - interval '1 hour' AS is_started, finished_at > now() - interval '1 hour' AS is_finished, metrics
         FROM tranche.batched_background_migration_jobs WHERE id = $1`,
        [jobId],
      )
    )[0]

  it('counts an attempt and starts anew when it runs, and keeps its metrics and its end', async () => {
    const bundle = await setupJob()
    const { context, jobId, query } = bundle
    await query(
      `UPDATE tranche.batched_background_migration_jobs
          SET status = 2, attempts = 1, started_at = '2020-01-01', finished_at = '2020-01-02', metrics = '{"old": 1}' WHERE id = $1`,
      [jobId],
    )
    await query('TRUNCATE tranche.batched_background_migration_job_transition_logs')

    const attempts = await inTransaction(context, (transaction) =>
      transitionJob(transaction, context, { jobId, from: 'failed', to: 'running', attempts: 1 }),
    )
    const running = await read(bundle)
    await inTransaction(context, (transaction) =>
      transitionJob(transaction, context, { jobId, from: 'running', to: 'succeeded', metrics: { timings: [1] } }),
    )

    expect({ attempts, running, succeeded: await read(bundle) }).toEqual({
      attempts: 2,
      running: { status: 1, attempts: 2, is_started: true, is_finished: null, metrics: {} },
      succeeded: { status: 3, attempts: 2, is_started: true, is_finished: true, metrics: { timings: [1] } },
    })
    expect(
      await query(
        'SELECT previous_status AS p, next_status AS n FROM tranche.batched_background_migration_job_transition_logs ORDER BY id',
      ),
    ).toEqual([
      { p: 2, n: 1 },
      { p: 1, n: 3 },
    ])
  })

  it('does not change, nor is a log written, when it is no longer what it was taken for', async () => {
    const bundle = await setupJob()
    const { context, jobId, query } = bundle
    const before = await query('SELECT count(*) FROM tranche.batched_background_migration_job_transition_logs')
    await expect(
      inTransaction(context, (transaction) =>
        transitionJob(transaction, context, { jobId, from: 'running', to: 'failed' }),
      ),
    ).rejects.toThrow(`job ${jobId} is not running; it cannot become failed`)
    expect(await read(bundle)).toMatchObject({ status: 3 })
    expect(await query('SELECT count(*) FROM tranche.batched_background_migration_job_transition_logs')).toEqual(before)
  })
})
