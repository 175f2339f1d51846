import { expect, it, onTestFinished } from 'vitest'
import { fillPractice } from '../../../src/host/practice/fill-practice.ts'
import { toParameters } from '../../../src/host/practice/find-practice-target.ts'
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
