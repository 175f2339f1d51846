import { expect, it, onTestFinished } from 'vitest'
import { fillPractice, type FillRequest } from '../../../src/host/practice/fill-practice.ts'
import { PRACTICE_CATALOGUE } from '../../../src/host/practice/open-practice.ts'
import type { Target } from '../../../src/engine/target/open-target.ts'
import { openTestTarget } from '../../support/engine-setup.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

interface Practised {
  readonly database: TestDatabase
  readonly target: Target
  fill(request?: Partial<FillRequest>): ReturnType<typeof fillPractice>
}

async function practised(): Promise<Practised> {
  const database = await createTestDatabase()
  const target = openTestTarget(database)
  onTestFinished(async () => {
    await target.close()
    await database.drop()
  })
  return {
    database,
    target,
    fill: (request = {}) =>
      fillPractice(target, {
        catalogueFolder: PRACTICE_CATALOGUE,
        dataFolders: ['_data'],
        rows: 200,
        isReset: false,
        trackingSchema: 'tranche',
        onProgress: () => undefined,
        ...request,
      }),
  }
}

function countRoutes({ database }: Practised): Promise<{ count: number }[]> {
  return database.query('SELECT count(*)::int FROM routes')
}

it('fills an empty database, and keeps what is there the next time', async () => {
  const practice = await practised()

  expect(await practice.fill()).toEqual({ rows: 200, isFilled: true, hasTrouble: false })
  expect(await practice.fill()).toEqual({ rows: 200, isFilled: false, hasTrouble: false })
  expect(await countRoutes(practice)).toEqual([{ count: 200 }])
})

it('makes the data anew for another number of rows, and for a reset', async () => {
  const practice = await practised()
  await practice.fill()

  expect(await practice.fill({ rows: 300 })).toEqual({ rows: 300, isFilled: true, hasTrouble: false })
  await practice.database.query('DELETE FROM routes')
  expect(await practice.fill({ rows: 300, isReset: true })).toEqual({ rows: 300, isFilled: true, hasTrouble: false })
  expect(await countRoutes(practice)).toEqual([{ count: 300 }])
})

it('fills again what an earlier fill did not complete', async () => {
  const practice = await practised()
  const stop = new AbortController()
  const interrupted = practice.fill({
    signal: stop.signal,
    onProgress: () => {
      stop.abort(new Error('interrupted'))
    },
  })
  await expect(interrupted).rejects.toThrow('interrupted')

  expect(await practice.fill()).toEqual({ rows: 200, isFilled: true, hasTrouble: false })
  expect(await countRoutes(practice)).toEqual([{ count: 200 }])
})

it('does not touch a database that holds anything of somebody else', async () => {
  for (const theirs of [
    'CREATE TABLE customers (id bigint)',
    'CREATE SCHEMA app',
    'CREATE FUNCTION answer() RETURNS integer LANGUAGE sql AS $$ SELECT 42 $$',
  ]) {
    const practice = await practised()
    await practice.database.query(theirs)

    await expect(practice.fill({ isReset: true })).rejects.toMatchObject({ code: 'practice_foreign_database' })
    expect(await practice.database.query(`SELECT to_regclass('routes') AS routes`)).toEqual([{ routes: null }])
  }
})
