import { expect, it } from 'vitest'
import type { FailureGroup } from '../../src/engine/types.ts'
import { finished, queued } from '../support/performed.ts'

type Queued = Awaited<ReturnType<typeof queued>>

/** Writes a failure as the engine would, to the job that begins at `min`; three of them block it. */
async function fail(
  { query }: Queued,
  min: number,
  failures: readonly (readonly [exceptionClass: string, message: string])[],
): Promise<void> {
  for (const [exceptionClass, message] of failures) {
    await query(
      `WITH job AS (UPDATE tranche.batched_background_migration_jobs SET status = 2, attempts = $4 WHERE min_value = $1 RETURNING id)
       INSERT INTO tranche.batched_background_migration_job_transition_logs
         (batched_background_migration_job_id, previous_status, next_status, exception_class, exception_message)
       SELECT id, 1, 2, $2, $3 FROM job`,
      [min, exceptionClass, message, failures.length],
    )
  }
}

const shapes = (groups: readonly FailureGroup[]): unknown =>
  groups.map(({ message, count, jobCount }) => [message, count, jobCount])

it('are none where nothing failed', async () => {
  const { engine, migrationId } = await finished()
  expect(await engine.failures(migrationId)).toEqual({ groups: [], jobs: [] })
})

it('lists the jobs that failed, the newest failure first, each with its whole log and whether it is blocked', async () => {
  const bundle = await finished()
  await fail(bundle, 3, [
    ['E', 'a'],
    ['E', 'a'],
    ['E', 'a'],
  ])
  await fail(bundle, 15, [['E', 'b']])
  await bundle.query(
    'UPDATE tranche.batched_background_migration_jobs SET status = 2, attempts = 3 WHERE min_value = 27',
  )

  const { jobs, groups } = await bundle.engine.failures(bundle.migrationId)

  expect(
    jobs.map(({ job, isBlocked, log }) => [
      job.minValue,
      isBlocked,
      log.map(({ nextStatus, exceptionMessage }) => exceptionMessage ?? nextStatus),
    ]),
  ).toEqual([
    ['15', false, ['running', 'succeeded', 'b']],
    ['3', true, ['running', 'succeeded', 'a', 'a', 'a']],
    // Failed by somebody's hand, without a log.
    ['27', true, ['running', 'succeeded']],
  ])
  expect(shapes(groups)).toEqual([
    ['a', 3, 1],
    ['b', 1, 1],
  ])
  expect(groups.every(({ firstAt, lastAt }) => firstAt !== '' && firstAt <= lastAt)).toBe(true)
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    jobs: { blocked: 2, retriable: 1, succeeded: 0 },
  })
})

it.each([
  ['numbers', ['E', 'row 17 of 1.5 is -3'], ['E', 'row 9 of 22 is 4'], 1],
  [
    'values in single quotes',
    ['unique_violation (23505)', `'a' is bad`],
    ['unique_violation (23505)', `'it b' is bad`],
    1,
  ],
  [
    'values behind a colon',
    ['invalid_text_representation (22P02)', 'invalid input syntax for type integer: "abc"'],
    ['invalid_text_representation (22P02)', 'invalid input syntax for type integer: "x y"'],
    1,
  ],
  [
    'ids',
    ['E', 'no user 9b2f0c1e-0a0b-4c4d-8e8f-0123456789ab'],
    ['E', 'no user 00000000-aaaa-bbbb-cccc-0123456789ff'],
    1,
  ],
  [
    'quoted text of an author',
    ['SyntaxError', `Unexpected token 'a', "abc" is not valid JSON`],
    ['SyntaxError', `Unexpected token 'b', "b" is not valid JSON`],
    1,
  ],
  ['details below the first line', ['E', 'm\nDETAIL: Key (id)=(1)'], ['E', 'm\nDETAIL: Key (id)=(2)'], 1],
  ['another class', ['E', 'm'], ['F', 'm'], 2],
  [
    'another constraint',
    ['unique_violation (23505)', 'duplicate key value violates unique constraint "a"'],
    ['unique_violation (23505)', 'duplicate key value violates unique constraint "b"'],
    2,
  ],
] as readonly [string, [string, string], [string, string], number][])(
  'makes of %s so many groups as there are things that went wrong',
  async (_what, first, second, count) => {
    const bundle = await finished()
    await fail(bundle, 3, [first])
    await fail(bundle, 15, [second])
    expect((await bundle.engine.failures(bundle.migrationId)).groups).toHaveLength(count)
  },
)

it('takes one job, or one group by its latest failure', async () => {
  const bundle = await finished()
  const { engine, migrationId } = bundle
  await fail(bundle, 3, [
    ['E', 'early'],
    ['E', 'late'],
  ])
  await fail(bundle, 15, [['E', 'early']])
  const all = await engine.failures(migrationId)
  const idOf = (message: string): string => all.groups.find((group) => group.message === message)?.group ?? ''
  const [second = ''] = all.jobs.map(({ job }) => job.id)

  const early = await engine.failures(migrationId, { group: idOf('early') })
  const one = await engine.failures(migrationId, { jobId: second })

  expect(all.groups.map(({ message }) => message).sort()).toEqual(['early', 'late'])
  expect([early.jobs.map(({ job }) => job.minValue), shapes(early.groups)]).toEqual([['15'], [['early', 1, 1]]])
  expect(one.jobs.map(({ job }) => job.id)).toEqual([second])
  for (const jobId of ['nonsense', '999'])
    await expect(engine.failures(migrationId, { jobId })).rejects.toMatchObject({ code: 'unknown_job' })
  expect(await engine.failures(migrationId, { group: 'nonsense' })).toEqual({ groups: [], jobs: [] })
})

it('keeps long messages whole', async () => {
  const { engine, migrationId, query } = await queued()
  const long = 'x'.repeat(100_000)
  await query(
    `CREATE FUNCTION public.too_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', repeat('x', 100000); END $$`,
  )
  await query('CREATE TRIGGER too_long BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION public.too_long()')
  await engine.run(migrationId)
  const { jobs } = await engine.failures(migrationId)
  const entry = jobs[0]?.log.find(({ nextStatus }) => nextStatus === 'failed')
  expect(entry?.exceptionClass).toBe('raise_exception (P0001)')
  expect(entry?.exceptionMessage?.split('\n')).toEqual([long, 'CONTEXT: PL/pgSQL function too_long() line 1 at RAISE'])
})

it('are found by the query of GitLab’s documentation', async () => {
  const bundle = await finished()
  await fail(bundle, 3, [['ActiveRecord::Deadlocked', 'boom']])
  const connection = await bundle.database.connect()
  await connection.query('SET search_path TO tranche')
  const { rows } = await connection.query(
    `SELECT migration.id, migration.job_class_name, transition_logs.exception_class, transition_logs.exception_message
     FROM batched_background_migrations as migration
     INNER JOIN batched_background_migration_jobs as jobs
     ON jobs.batched_background_migration_id = migration.id
     INNER JOIN batched_background_migration_job_transition_logs as transition_logs
     ON transition_logs.batched_background_migration_job_id = jobs.id
     WHERE transition_logs.next_status = '2' AND migration.job_class_name = 'Performed'`,
  )
  expect(rows).toEqual([
    {
      id: bundle.migrationId,
      job_class_name: 'Performed',
      exception_class: 'ActiveRecord::Deadlocked',
      exception_message: 'boom',
    },
  ])
})
