/** What holds inside a sub-batch, whatever the role and the database have as their defaults. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { begin, untilSomebodyWaits } from '../support/raced.ts'

const SETTINGS = [
  'transaction_isolation',
  'transaction_read_only',
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'client_connection_check_interval',
  'DateStyle',
  'TimeZone',
]

it('limits are local, isolation and writing are our own, and how dates are read stays the author’s', async () => {
  const seen: unknown[] = []
  const looking = defineBatchedMigration({
    jobClassName: 'Looks',
    description: 'Looks at its settings.',
    table: 'items',
    column: 'id',
    pauseMs: 0,
    perform: async ({ query, subBatch }) => {
      const { rows } = await query(
        sql`SELECT name, current_setting(name) AS value FROM unnest(${SETTINGS}::text[]) AS name`,
      )
      seen.push(...rows)
      await query(sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`)
    },
  })
  const { engine, another, database, query } = await setup({ schema: hitsTable(10), definitions: [looking] })
  const { migration } = await engine.queue({ jobClassName: 'Looks' })
  for (const hostile of [
    `default_transaction_isolation = 'serializable'`,
    'default_transaction_read_only = on',
    `DateStyle = 'German'`,
    `TimeZone = 'Asia/Kathmandu'`,
    'lock_timeout = 0',
    'statement_timeout = 0',
  ]) {
    await query(`ALTER DATABASE "${database.connection.database}" SET ${hostile}`)
  }

  expect(await another().run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 10 } })

  expect(
    Object.fromEntries((seen as { name: string; value: string }[]).map(({ name, value }) => [name, value])),
  ).toEqual({
    transaction_isolation: 'read committed',
    transaction_read_only: 'off',
    lock_timeout: '2s',
    statement_timeout: '15s',
    idle_in_transaction_session_timeout: '10s',
    client_connection_check_interval: '1s',
    DateStyle: 'German, DMY',
    TimeZone: 'Asia/Kathmandu',
  })
})

it('the guard waits as long as our own limits say, whatever the role’s statement_timeout is', async () => {
  const definition = hitEvery({ batchSize: 10, subBatchSize: 10 })
  const bundle = await setup({ schema: hitsTable(10), definitions: [definition] })
  const { engine, another, database, query } = bundle
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  await query(`ALTER DATABASE "${database.connection.database}" SET statement_timeout = '400ms'`)
  const runner = another()
  // The guard finds its row locked, for longer than the role may usually work on a statement.
  const blocker = await begin(bundle)
  runner.on('job:started', () => void blocker.query('SELECT FROM tranche.job_progress FOR UPDATE'))
  const running = runner.run(migration.id)
  await untilSomebodyWaits(bundle)
  await sleep(800)
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished', rows: { changed: 10 } })
  expect(await query('SELECT attempts, sub_batch_size FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1, sub_batch_size: 10 },
  ])
})

it('a tracking schema that the role’s search_path leads into hides no table of the author', async () => {
  // as for a role that is named like the tracking schema, which "$user" then finds first
  const reads = defineBatchedMigration({
    jobClassName: 'ReadsEvents',
    description: 'Reads a table with a name that a tracking table has too.',
    table: 'items',
    column: 'id',
    pauseMs: 0,
    scope: sql`EXISTS (SELECT FROM samples WHERE samples.item_id = items.id)`,
    perform: ({ subBatch }) => sql`
      UPDATE items SET hits = events.hits FROM events WHERE events.item_id = items.id AND ${subBatch}`,
  })
  const { engine, query } = await setup({
    schema: `${hitsTable(10)};
      CREATE TABLE events AS SELECT id AS item_id, 7 AS hits FROM items;
      CREATE TABLE samples AS SELECT id AS item_id FROM items`,
    definitions: [reads],
  })
  expect(await query('SELECT current_schemas(false) AS schemas')).toEqual([{ schemas: '{tranche,public}' }])
  const { migration } = await engine.queue({ jobClassName: 'ReadsEvents' })

  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 10 } })
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 7, count: 10 }])
})
