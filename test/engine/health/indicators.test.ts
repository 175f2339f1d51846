/** Each indicator against a real server on which the thing that it looks for really happens. */
import { describe, expect, it } from 'vitest'
import type { HealthSettings } from '../../../src/shared/health-settings.ts'
import type { Bundle } from '../../support/engine-setup.ts'
import { ask, askable, type Asked, asReader } from '../../support/health.ts'
import { queued } from '../../support/queued.ts'
import { serverOfItsOwn } from '../../support/server-of-its-own.ts'
import { until } from '../../support/until.ts'

const server = serverOfItsOwn({
  archive_mode: 'on',
  // Fails always: what is finished stays pending.
  archive_command: '/bin/false',
  autovacuum_naptime: '1s',
})

const setup = (health?: Partial<HealthSettings>): Promise<Asked> => askable(server(), health)

describe('autovacuum', () => {
  /** So slow that it is seen: one page each 0.4 s. */
  const SLOWLY = `autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1`

  it('stops for a worker on the table, and for none elsewhere', async () => {
    const { query, ask } = await setup()
    await query(`CREATE TABLE public.elsewhere (LIKE public.items); INSERT INTO public.elsewhere SELECT n, 0, false FROM generate_series(1, 50000) AS n;
                 DELETE FROM public.elsewhere; ALTER TABLE public.elsewhere SET (${SLOWLY})`)
    await untilVacuumed(query, 'public.elsewhere')
    expect(await ask('autovacuum')).toMatchObject({ signal: 'normal', value: 0 })

    await query(`INSERT INTO public.items SELECT n, 0, false FROM generate_series(1000, 50000) AS n`)
    await query(`DELETE FROM public.items WHERE id >= 1000; ALTER TABLE public.items SET (${SLOWLY})`)
    await untilVacuumed(query, 'public.items')
    expect(await ask('autovacuum')).toMatchObject({
      signal: 'stop',
      reason: expect.stringMatching(/^autovacuum is at public\.items since \d\d:\d\d:\d\d UTC$/) as string,
    })
  })

  it('flags a worker against wraparound, and sees one on a partition', async () => {
    const bundle = await setup()
    const { query } = bundle
    // The migration's table becomes a partition's parent: what counts is the oid that it was queued with.
    await query(`CREATE TABLE public.parts (id bigint PRIMARY KEY, filler text) PARTITION BY RANGE (id)`)
    await query(`CREATE TABLE public.part_one PARTITION OF public.parts FOR VALUES FROM (0) TO (1000000)`)
    await query(`INSERT INTO public.parts SELECT n, repeat('x', 200) FROM generate_series(1, 20000) AS n`)
    await query(`UPDATE tranche.migration_details SET table_oid = 'public.parts'::regclass`)
    await query(`ALTER TABLE public.part_one SET (${SLOWLY}, autovacuum_freeze_max_age = 100000)`)
    await query(`CREATE PROCEDURE burn() LANGUAGE plpgsql AS $$ BEGIN
                   FOR i IN 1..100100 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`)
    await query('CALL burn()')
    await untilVacuumed(query, 'public.part_one')
    expect(await bundle.ask('autovacuum')).toMatchObject({
      signal: 'stop',
      reason: expect.stringMatching(/^autovacuum against wraparound is at public\.part_one/) as string,
    })
  })

  it('is not available to a role that may not see other sessions, and says which grant it takes', async () => {
    const { database, migrationId } = await setup()
    const engine = await asReader(database)
    expect(await ask({ engine, migrationId }, 'autovacuum')).toMatchObject({
      signal: 'not_available',
      reason: expect.stringContaining('pg_read_all_stats') as string,
    })
  })

  it('can be switched off', async () => {
    const { ask } = await setup({ isAutovacuumWatched: false })
    expect(await ask('autovacuum')).toMatchObject({ signal: 'not_available', reason: 'switched off' })
  })
})

describe('the WAL archive', () => {
  it('is not available before anything was archived, and counts what waits from then on', async () => {
    const { query, ask: askDefault, another, migrationId } = await setup()
    expect(await askDefault('wal_archive')).toMatchObject({
      signal: 'not_available',
      reason: 'the archiver has not archived anything yet',
    })

    await query(`ALTER SYSTEM SET archive_command = '/bin/true'`)
    await query('SELECT pg_reload_conf()')
    await query(`SELECT pg_logical_emit_message(false, 'test', 'x')`)
    await query('SELECT pg_switch_wal()')
    await until(async () => (await query('SELECT 1 FROM pg_stat_archiver WHERE archived_count > 0')).length > 0)
    await query('ALTER SYSTEM RESET archive_command')
    await query('SELECT pg_reload_conf()')
    const pending = (await askDefault('wal_archive')).value ?? 0
    expect(pending).toBeGreaterThan(0)
    const engine = another({ health: { maxArchiveSegments: pending } })
    expect(await ask({ engine, migrationId }, 'wal_archive')).toMatchObject({ signal: 'normal', value: pending })

    await query(`SELECT pg_logical_emit_message(false, 'test', 'x')`)
    await query('SELECT pg_switch_wal()')
    await query(`SELECT pg_logical_emit_message(false, 'test', 'x')`)
    expect(await ask({ engine, migrationId }, 'wal_archive')).toMatchObject({
      signal: 'stop',
      value: pending + 1,
      limit: pending,
      unit: 'segments',
      reason: `${String(pending + 1)} WAL segments wait for the archiver (limit ${String(pending)} segments)`,
    })
  })

  it('is not available where archive_mode is off', async () => {
    const bundle = await queued(10)
    expect(await ask(bundle, 'wal_archive')).toMatchObject({
      signal: 'not_available',
      reason: 'archive_mode is off',
    })
  })
})

describe('long transactions', () => {
  it('stop for one of somebody else’s, by its age, and by what it keeps from being reclaimed', async () => {
    const { database, engine, migrationId, query, another } = await setup({ maxTransactionSeconds: 0 })
    const session = await database.connect({ applicationName: 'nightly export' })
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await session.query('SELECT count(*) FROM public.items')
    expect(await ask({ engine, migrationId }, 'long_transactions')).toMatchObject({
      signal: 'stop',
      unit: 'seconds',
      reason: expect.stringMatching(/^session \d+ "nightly export" is in a transaction for/) as string,
    })

    const byAge = another({ health: { maxTransactionSeconds: null, maxXminAge: 1 } })
    await query('SELECT pg_current_xact_id()')
    await query('SELECT pg_current_xact_id()')
    await query('SELECT pg_current_xact_id()')
    expect(await ask({ engine: byAge, migrationId }, 'long_transactions')).toMatchObject({
      signal: 'stop',
      limit: 1,
      unit: 'transactions',
    })

    await session.query('COMMIT')
    const calm = another()
    expect(await ask({ engine: calm, migrationId }, 'long_transactions')).toMatchObject({ signal: 'normal' })
  })
})

describe('the WAL rate', () => {
  it('is off unless a limit is set, and needs two measurements', async () => {
    const { ask: askDefault, another, migrationId } = await setup()
    expect(await askDefault('wal_rate')).toMatchObject({ signal: 'not_available', reason: 'switched off' })
    const engine = another({ health: { maxWalBytesPerSecond: 1 } })
    expect(await ask({ engine, migrationId }, 'wal_rate')).toMatchObject({
      signal: 'not_available',
      reason: 'it takes two measurements, and this is the first',
    })
  })
})

it('what an indicator throws is unknown, never stop', async () => {
  const { database, query, migrationId } = await setup()
  await query('REVOKE SELECT ON pg_replication_slots FROM PUBLIC')
  const engine = await asReader(database)
  expect(await ask({ engine, migrationId }, 'replication_slots')).toMatchObject({
    signal: 'unknown',
    reason: expect.stringContaining('permission denied') as string,
  })
})

async function untilVacuumed(query: Bundle['query'], table: string): Promise<void> {
  await until(
    async () =>
      (
        await query(
          `SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = $1::regclass AND datname = current_database()`,
          [table],
        )
      ).length > 0,
  )
}
