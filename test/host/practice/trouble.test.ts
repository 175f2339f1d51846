import { expect, it, onTestFinished } from 'vitest'
import { fillPractice } from '../../../src/host/practice/fill-practice.ts'
import { toParameters } from '../../../src/host/practice/find-practice-target.ts'
import { holdLocks } from '../../../src/host/practice/hold-locks.ts'
import { PRACTICE_CATALOGUE } from '../../../src/host/practice/open-practice.ts'
import { DATA_FOLDERS } from '../../../src/host/practice/practice-data.ts'
import { surround, type Surroundings } from '../../../src/host/practice/surroundings.ts'
import { silentLogger } from '../../support/engine-ports.ts'
import { openTestTarget } from '../../support/engine-setup.ts'
import { practised, type Practised } from '../../support/practised.ts'
import { until } from '../../support/until.ts'

async function surrounded({ main }: Practised): Promise<Surroundings> {
  const surroundings = await surround(toParameters(main.connection), {
    catalogueFolder: PRACTICE_CATALOGUE,
    hasTrouble: true,
    service: 'own',
    logger: silentLogger,
  })
  onTestFinished(() => surroundings.close())
  return surroundings
}

async function refill({ main }: Practised, withTrouble?: boolean): ReturnType<typeof fillPractice> {
  const target = openTestTarget(main)
  try {
    return await fillPractice(target, {
      catalogueFolder: PRACTICE_CATALOGUE,
      dataFolders: [DATA_FOLDERS.main],
      ...(withTrouble === undefined ? {} : { withTrouble }),
      isReset: withTrouble === undefined,
      trackingSchema: 'tranche',
      onProgress: () => undefined,
    })
  } finally {
    await target.close()
  }
}

it('makes orphans, which break a foreign key', async () => {
  const practice = await practised({ rows: 2000, withTrouble: true })
  const { engine, migrationId, outcome } = await practice.run('BackfillRouteNamespaceId')
  expect(outcome).toMatchObject({ reason: 'failed' })
  expect((await engine.failures(migrationId)).groups).toMatchObject([
    { message: expect.stringContaining('routes_namespace_id_fkey') as string },
  ])

  await practice.main.query('DELETE FROM public.routes WHERE source_id < 0')
  await engine.retry(migrationId)
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
  expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
})

it('makes rows that are slow, and ends well nevertheless', async () => {
  const practice = await practised({ rows: 4000, withTrouble: true })
  const { engine, migrationId, outcome } = await practice.run('SplitEventsIntoTables')

  expect(outcome).toMatchObject({ reason: 'finished' })
  expect(
    await practice.main.query(`SELECT count(*)::int FROM public.comment_events WHERE note = 'Slow comment'`),
  ).toEqual([{ count: 50 }])
  expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
})

it('breaks the external service for more rows than the error budget allows', async () => {
  const practice = await practised({ rows: 20_000, withTrouble: true })
  await surrounded(practice)
  const { engine, migrationId, outcome } = await practice.run('LookUpCustomerCities')
  expect(outcome).toMatchObject({ reason: 'failed' })

  await practice.main.query(`UPDATE public.customers SET postcode = NULL WHERE postcode = 'broken'`)
  await engine.retry(migrationId)
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
  expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
})

it('locks rows from another session, until that is ended', async () => {
  const practice = await practised({ rows: 2000, withTrouble: true })
  await surrounded(practice)
  const lock = (): Promise<unknown> =>
    practice.main.query('SELECT id FROM public.projects WHERE repository_storage IS NULL FOR NO KEY UPDATE NOWAIT')
  await expect(lock()).rejects.toMatchObject({ code: '55P03' })

  await practice.main.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'tranche practice: holds locks'`,
  )
  await until(() =>
    lock().then(
      () => true,
      () => false,
    ),
  )
  expect((await practice.run('BackfillProjectsRepositoryStorage')).outcome).toMatchObject({ reason: 'finished' })
})

it('keeps rows locked in transactions that do not grow old, until somebody ends them', async () => {
  const practice = await practised({ rows: 5000, withTrouble: true })
  const { query } = practice.main
  const held = await holdLocks(toParameters(practice.main.connection), {
    ...{ catalogueFolder: PRACTICE_CATALOGUE, dataFolder: DATA_FOLDERS.main, renewMs: 20 },
  })
  onTestFinished(() => held.release())
  const sessions = (): Promise<readonly { pid: number }[]> =>
    query(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'tranche practice: holds locks' AND state LIKE 'idle in%'`,
    )
  const free = async (): Promise<number> =>
    (
      await query(
        `SELECT id FROM (SELECT id FROM public.projects ORDER BY id LIMIT 300) AS few
         JOIN public.projects USING (id) FOR NO KEY UPDATE OF projects SKIP LOCKED`,
      )
    ).length
  const [first] = await sessions()

  // Rows that were filled meanwhile are no reason to lock others.
  await query(
    `UPDATE public.projects SET repository_storage = 'default' WHERE id < (SELECT min(id) + 20 FROM public.projects)`,
  )
  await until(async () => {
    expect(await free()).toBe(297)
    return !(await sessions()).some(({ pid }) => pid === first?.pid)
  })

  await until(async () => {
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'tranche practice: holds locks'`,
    )
    return (await free()) === 300
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await sessions()).toEqual([])
})

it('stays until it is reset, also while rows are locked', async () => {
  const practice = await practised({ rows: 200, withTrouble: true })
  await surrounded(practice)
  const orphans = (): Promise<unknown> =>
    practice.main.query('SELECT count(*)::int FROM public.routes WHERE source_id < 0')

  expect(await orphans()).toEqual([{ count: 3 }])
  expect(await refill(practice)).toEqual({ rows: 200, isFilled: true, hasTrouble: false })
  expect(await orphans()).toEqual([{ count: 0 }])
  expect(await refill(practice, true)).toEqual({ rows: 200, isFilled: true, hasTrouble: true })
  expect(await refill(practice, true)).toEqual({ rows: 200, isFilled: false, hasTrouble: true })
})
