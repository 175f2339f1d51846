/** Replication against a real server with real walsenders and slots. */
import { describe, expect, it } from 'vitest'
import type { HealthSettings } from '../../../src/shared/health-settings.ts'
import { ask, askable, type Asked, asReader } from '../../support/health.ts'
import { openReplicationClient } from '../../support/replication-client.ts'
import { serverOfItsOwn } from '../../support/server-of-its-own.ts'
import { until } from '../../support/until.ts'

const server = serverOfItsOwn({ max_replication_slots: '5' })

const setup = (health?: Partial<HealthSettings>): Promise<Asked> => askable(server(), health)

describe('replication lag', () => {
  it('is not available without a replica, stops for one that never reported, and measures one that does', async () => {
    const { query, ask } = await setup({ maxLagBytes: 100_000, maxLagSeconds: null })
    expect(await ask('replication_lag')).toMatchObject({
      signal: 'not_available',
      reason: 'no replica is connected',
    })

    const [start] = await query<{ lsn: string; position: string }>(
      `SELECT pg_current_wal_lsn()::text AS lsn, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS position`,
    )
    const { lsn = '', position = '0' } = start ?? {}
    const replica = await openReplicationClient(server(), { name: 'reader', from: lsn })
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication')).length > 0)
    expect(await ask('replication_lag')).toMatchObject({
      signal: 'stop',
      reason: 'replica "reader" has not reported how far it is',
    })

    replica.report(BigInt(position))
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication WHERE replay_lsn IS NOT NULL')).length > 0)
    expect(await ask('replication_lag')).toMatchObject({ signal: 'normal', limit: 100_000, unit: 'bytes' })

    await query(`SELECT pg_logical_emit_message(true, 'test', repeat('x', 200000))`)
    const behind = await ask('replication_lag')
    expect(behind).toMatchObject({
      signal: 'stop',
      reason: expect.stringMatching(/^replica "reader" is .* KiB behind \(limit 97\.7 KiB\)$/) as string,
    })
    expect(behind.value).toBeGreaterThan(150_000)
  })

  it('lists replicas with their lag, where the role may know it and they told how far they are', async () => {
    const { query, engine, database } = await setup()
    expect(await engine.replicas()).toEqual([])

    const [start] = await query<{ lsn: string; position: string }>(
      `SELECT pg_current_wal_lsn()::text AS lsn, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS position`,
    )
    const replica = await openReplicationClient(server(), { name: 'listed', from: start?.lsn ?? '' })
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication')).length > 0)
    expect(await engine.replicas()).toEqual([{ name: 'listed', lagSeconds: null }])

    replica.report(BigInt(start?.position ?? '0'))
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication WHERE replay_lsn IS NOT NULL')).length > 0)
    expect(await engine.replicas()).toEqual([{ name: 'listed', lagSeconds: expect.any(Number) as number }])
    const reader = await asReader(database)
    expect(await reader.replicas()).toMatchObject([{ lagSeconds: null }])
  })

  it('measures seconds as well', async () => {
    const { query, ask } = await setup({ maxLagBytes: null, maxLagSeconds: 0 })
    const [start] = await query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')
    const replica = await openReplicationClient(server(), { name: 'late', from: start?.lsn ?? '' })
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication')).length > 0)
    // What is reported after a while is that much behind; something is written anew each time, so it is never idle.
    await until(async () => {
      const [now] = await query<{ position: string }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS position, pg_logical_emit_message(true, 'test', 'x')`,
      )
      replica.report(BigInt(now?.position ?? '0'))
      return (await query('SELECT 1 FROM pg_stat_replication WHERE replay_lag IS NOT NULL')).length > 0
    })
    await query(`SELECT pg_logical_emit_message(true, 'test', 'x')`)
    expect(await ask('replication_lag')).toMatchObject({
      signal: 'stop',
      limit: 0,
      unit: 'seconds',
      reason: expect.stringMatching(/^replica "late" is .* behind/) as string,
    })
  })

  it('that this role may not read means stop', async () => {
    const { database, query, migrationId } = await setup()
    const [start] = await query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')
    await openReplicationClient(server(), { name: 'hidden', from: start?.lsn ?? '' })
    await until(async () => (await query('SELECT 1 FROM pg_stat_replication')).length > 0)
    const engine = await asReader(database)
    expect(await ask({ engine, migrationId }, 'replication_lag')).toMatchObject({
      signal: 'stop',
      reason: 'replicas are connected, but this role may not read their lag (GRANT pg_monitor)',
    })
  })
})

describe('replication slots', () => {
  it('are not available where there is none, and stop where an unread one keeps too much WAL back', async () => {
    const { query, ask } = await setup({ maxRetainedWalBytes: 10_000_000 })
    await query('CHECKPOINT')
    expect(await ask('replication_slots')).toMatchObject({ signal: 'not_available' })
    await query(`SELECT pg_create_physical_replication_slot('unread', true)`)
    try {
      expect(await ask('replication_slots')).toMatchObject({ signal: 'normal', limit: 10_000_000 })
      await query(`SELECT pg_logical_emit_message(true, 'test', repeat('x', 12000000))`)
      expect(await ask('replication_slots')).toMatchObject({
        signal: 'stop',
        reason: expect.stringMatching(/^slot "unread" keeps .* of WAL back and nobody reads it/) as string,
      })
    } finally {
      await query(`SELECT pg_drop_replication_slot('unread')`)
    }
  })

  it('stop where the server is about to drop their WAL, and where it did', async () => {
    const { query, ask } = await setup({ minSafeWalBytes: 1024 ** 3 })
    await query(`SELECT pg_create_physical_replication_slot('doomed', true)`)
    try {
      await query(`ALTER SYSTEM SET max_slot_wal_keep_size = '64MB'`)
      await query('SELECT pg_reload_conf()')
      await until(
        async () => (await query('SELECT 1 FROM pg_replication_slots WHERE safe_wal_size IS NOT NULL')).length > 0,
      )
      expect(await ask('replication_slots')).toMatchObject({
        signal: 'stop',
        limit: 1024 ** 3,
        reason: expect.stringMatching(/^slot "doomed" may keep back only .* more WAL \(limit 1 GiB\)$/) as string,
      })
      for (let segment = 0; segment < 8; segment += 1) {
        await query(`SELECT pg_logical_emit_message(false, 'test', 'x')`)
        await query('SELECT pg_switch_wal()')
      }
      await query('CHECKPOINT')
      expect(await ask('replication_slots')).toMatchObject({
        signal: 'stop',
        reason: expect.stringMatching(/lost WAL|about to drop WAL/) as string,
      })
    } finally {
      await query('ALTER SYSTEM RESET max_slot_wal_keep_size')
      await query('SELECT pg_reload_conf()')
      await query(`SELECT pg_drop_replication_slot('doomed')`)
    }
  })
})
