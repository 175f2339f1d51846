import { describe, expect, test } from 'vitest'
import { defineSteppedMigration, runSql, sql } from '../../../src/catalogue/api.ts'
import { systemClock } from '../../../src/host/system/clock.ts'
import { steppedSourceOf } from '../../support/engine-ports.ts'
import { setup } from '../../support/engine-setup.ts'
import {
  codeEmbeddings,
  counting,
  FIRST,
  runsOf,
  SECOND,
  setupStepped,
  statuses,
  THIRD,
  turn,
} from '../../support/stepped.ts'

/** Fails until the table `cause` is gone. */
const failing = defineSteppedMigration({
  version: SECOND,
  operations: [
    runSql('first', sql`INSERT INTO runs (name) VALUES ('first')`),
    runSql('second', sql`INSERT INTO runs SELECT count(*) + 100, 'second' FROM public.mended`),
  ],
})

describe('preflight', () => {
  test('without an active connection, and with indexing switched off, nothing runs and nothing is an error', async () => {
    const bundle = await setupStepped([counting(FIRST, 'one')], { isConnected: false })
    expect(await turn(bundle)).toEqual({ reason: 'not_configured', version: null })
    await bundle.engine.stepped.connect({ name: 'local', isIndexingEnabled: false })
    expect(await turn(bundle)).toEqual({ reason: 'disabled', version: null })
    expect(await runsOf(bundle)).toEqual([])
    expect((await bundle.engine.stepped.logs()).map(({ message }) => message)).toEqual([
      'no connection is active: its adapter is not configured',
      'connection "local" is active',
      'indexing is not enabled on the connection "local"',
    ])
    await bundle.engine.stepped.connect({ name: 'local', isIndexingEnabled: true })
    await bundle.engine.stepped.disconnect()
    expect(await turn(bundle)).toEqual({ reason: 'not_configured', version: null })
  })

  test('without a catalogue nothing is concluded from files that are not there', async () => {
    const bundle = await setupStepped([counting(FIRST, 'one')])
    await turn(bundle)
    const blind = bundle.another({ definitions: { find: () => undefined, list: () => [] } })
    await expect(blind.stepped.work({ once: true })).rejects.toMatchObject({ code: 'catalogue_missing' })
    expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed' })
  })
})

describe('records and files', () => {
  test('a new file gets a pending record, and the record of a vanished file goes', async () => {
    const bundle = await setupStepped([counting(SECOND, 'two')])
    await turn(bundle)
    bundle.files.splice(0, 1, counting(FIRST, 'one'), counting(THIRD, 'three'))
    expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
    expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed', [THIRD]: 'pending' })
  })

  test('a file that cannot be loaded has a record too, and blocks what is behind it until it can, or is skipped', async () => {
    const bundle = await setupStepped([counting(FIRST, 'one'), counting(THIRD, 'three')])
    const source = steppedSourceOf(bundle.files)
    const broken = { version: SECOND, name: 'step_02', file: 'b.ts', line: 3, message: 'has no end', remedy: 'End it.' }
    const another = bundle.another({
      definitions: {
        ...source,
        stepped: () => ({ migrations: source.stepped?.()?.migrations ?? [], broken: [broken] }),
      },
    })
    const runs = await another.stepped.work({ toEnd: true })
    expect(runs.map(({ reason, version }) => [reason, version])).toEqual([
      ['completed', FIRST],
      ['file_unusable', SECOND],
    ])
    expect(runs.at(-1)?.message).toContain('b.ts:3: has no end')
    const { migrations } = await another.stepped.list()
    expect(migrations[1]).toMatchObject({
      ...{ version: SECOND, status: 'pending', name: 'Step02', file: 'b.ts' },
      problem: { line: 3, message: 'has no end', remedy: 'End it.' },
    })
    expect(await runsOf(bundle)).toEqual(['one'])
    await another.stepped.skip(SECOND, 'not needed here')
    expect(await another.stepped.work({ toEnd: true })).toMatchObject([
      { reason: 'completed', version: THIRD },
      { reason: 'idle' },
    ])
  })
})

test('a catalogue without any stepped file deletes no record; a vanished file’s record leaves its status in the log', async () => {
  const bundle = await setupStepped([counting(FIRST, 'one'), counting(SECOND, 'two')])
  await bundle.engine.stepped.work({ toEnd: true })
  const gone = bundle.files.splice(0)
  await expect(bundle.engine.stepped.work({ once: true })).rejects.toMatchObject({
    code: 'catalogue_missing',
    message: expect.stringContaining('2 records') as unknown,
  })
  expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed', [SECOND]: 'completed' })
  const told: string[] = []
  bundle.engine.on('stepped:told', ({ message }) => told.push(message))
  bundle.files.push(...gone.slice(0, 1))
  await turn(bundle)
  expect(told).toEqual([`record of migration ${SECOND} (completed) deleted: its file is gone`])
  expect((await bundle.engine.stepped.logs({ version: SECOND })).at(-1)).toMatchObject({
    message: told[0],
    details: { status: 'completed', metadata: { operations: { run_two: {} } } },
  })
})

test('an adapter that is not set up costs no try; one that is away does, also before the first operation', async () => {
  const skipping = defineSteppedMigration({
    version: FIRST,
    skip: () => Promise.resolve(false),
    operations: [runSql('one', sql`INSERT INTO runs (name) VALUES ('one')`)],
  })
  const bundle = await setupStepped([skipping])
  const { stepped } = bundle.engine
  await stepped.connect({ name: 'local', adapter: 'elsewhere' })
  expect(await stepped.work({ once: true })).toMatchObject([
    { reason: 'not_configured', version: FIRST, message: expect.stringContaining('--adapter URL') as unknown },
  ])
  expect((await stepped.list()).migrations).toMatchObject([{ status: 'pending', retriesLeft: 3 }])
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
  const away = bundle.another({ adapters: { open: () => Promise.reject(refused) } })
  await away.stepped.connect({ name: 'local', adapter: 'postgres://nobody@127.0.0.1:1/away' })
  expect(await away.stepped.work({ once: true })).toMatchObject([{ reason: 'tried' }])
  const lines = (await stepped.logs({ version: FIRST })).map(({ message }) => message)
  expect(lines.slice(-2)).toEqual([
    `starting migration Step01 (${FIRST})`,
    expect.stringContaining(`migration ${FIRST} failed, 2 tries left:`),
  ])
})

describe('one step at a time', () => {
  test('each run advances one migration, the lowest version first', async () => {
    const bundle = await setupStepped([counting(THIRD, 'c'), counting(FIRST, 'a1', 'a2'), counting(SECOND, 'b')])
    expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
    expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed', [SECOND]: 'pending', [THIRD]: 'pending' })
    const rest = await bundle.engine.stepped.work({ toEnd: true })
    expect(rest.map(({ reason, version }) => [reason, version])).toEqual([
      ['completed', SECOND],
      ['completed', THIRD],
      ['idle', null],
    ])
    expect(await runsOf(bundle)).toEqual(['a1', 'a2', 'b', 'c'])
  })

  test('a try that failed is repeated behind the last completed operation, its text kept; the third fails and halts', async () => {
    const bundle = await setupStepped([failing, counting(THIRD, 'three')])
    const { engine } = bundle
    expect(await turn(bundle)).toEqual({ reason: 'tried', version: SECOND })
    const [tried] = (await engine.stepped.list()).migrations
    expect(tried).toMatchObject({ status: 'in_progress', retriesLeft: 2 })
    expect(tried?.errorMessage).toBe('undefined_table (42P01): relation "public.mended" does not exist')
    expect(await turn(bundle)).toEqual({ reason: 'tried', version: SECOND })
    expect(await turn(bundle)).toEqual({ reason: 'failed', version: SECOND })
    expect(await turn(bundle)).toEqual({ reason: 'halted', version: SECOND })
    expect(await statuses(bundle)).toEqual({ [SECOND]: 'failed', [THIRD]: 'pending' })
    expect((await engine.stepped.list()).haltedBy).toBe(SECOND)
    const errors = (await engine.stepped.logs({ version: SECOND })).filter(({ level }) => level === 'error')
    expect(errors.map(({ details, nextStatus }) => [details.retriesLeft, nextStatus])).toEqual([
      [2, 'in_progress'],
      [1, 'in_progress'],
      [0, 'failed'],
    ])
    expect(await runsOf(bundle)).toEqual(['first'])

    await bundle.query('CREATE TABLE public.mended ()')
    await engine.stepped.retry(SECOND)
    expect(await turn(bundle)).toEqual({ reason: 'completed', version: SECOND })
    expect(await turn(bundle)).toEqual({ reason: 'completed', version: THIRD })
    expect(await runsOf(bundle)).toEqual(['first', 'three', 'second'])
  })

  test('what an operator skips stays skipped, and what is behind it runs', async () => {
    const bundle = await setupStepped([failing, counting(THIRD, 'three')])
    for (let tries = 0; tries < 3; tries += 1) await turn(bundle)
    await bundle.engine.stepped.skip(SECOND, 'not needed here')
    expect(await turn(bundle)).toEqual({ reason: 'completed', version: THIRD })
    expect(await turn(bundle)).toEqual({ reason: 'idle', version: null })
    expect(await statuses(bundle)).toEqual({ [SECOND]: 'skipped', [THIRD]: 'completed' })
  })

  test('a reset runs every operation again', async () => {
    const bundle = await setupStepped([counting(FIRST, 'a', 'b'), counting(SECOND, 'c')])
    await bundle.engine.stepped.work({ toEnd: true })
    await bundle.engine.stepped.reset(FIRST)
    await bundle.engine.stepped.work({ toEnd: true })
    expect(await runsOf(bundle)).toEqual(['a', 'b', 'c', 'a', 'b'])
    await expect(bundle.engine.stepped.retry(FIRST)).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(bundle.engine.stepped.retry('20000101000000')).rejects.toMatchObject({ code: 'unknown_version' })
    expect(await bundle.engine.stepped.reset(null)).toHaveLength(2)
    expect(await statuses(bundle)).toEqual({ [FIRST]: 'pending', [SECOND]: 'pending' })
  })
})

test('a definition that skips itself is asked again at each run', async () => {
  const skipping = defineSteppedMigration({
    version: FIRST,
    skip: async ({ query }) =>
      (await query(sql`SELECT to_regclass('public.wanted') IS NULL AS no`)).rows[0]?.no === true,
    operations: [runSql('one', sql`INSERT INTO runs (name) VALUES ('one')`)],
  })
  const bundle = await setupStepped([skipping, counting(SECOND, 'two')])
  const turns = await bundle.engine.stepped.work({ toEnd: true })
  expect(turns.map(({ reason }) => reason)).toEqual(['skipped', 'completed', 'idle'])
  expect((await bundle.engine.stepped.list()).migrations[0]?.skippedBecause).toContain('nothing to do')
  await bundle.query('CREATE TABLE public.wanted ()')
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
})

test('another active connection replays everything for itself; going back replays nothing', async () => {
  const bundle = await setupStepped([codeEmbeddings])
  const { engine, query } = bundle
  await turn(bundle)
  await engine.stepped.connect({ name: 'other', prefix: 'other', vectorStorage: 'real' })
  expect(await statuses(bundle)).toEqual({ [FIRST]: null })
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
  expect(await query(`SELECT relname FROM pg_class WHERE relkind = 'p' ORDER BY relname`)).toEqual([
    { relname: 'ai_code_embeddings' },
    { relname: 'other_code_embeddings' },
  ])
  await engine.stepped.connect({ name: 'local' })
  expect(await turn(bundle)).toEqual({ reason: 'idle', version: null })
})

test('a connection that has done something stays at its place, until everything of it is reset', async () => {
  const bundle = await setupStepped([codeEmbeddings])
  const { stepped } = bundle.engine
  const elsewhere = 'postgres://app@db.example.com/vectors'
  await turn(bundle)
  await expect(stepped.connect({ name: 'local', adapter: elsewhere })).rejects.toMatchObject({
    code: 'connection_in_use',
    message: expect.stringContaining(FIRST) as unknown,
  })
  await expect(stepped.connect({ name: 'local', prefix: 'other' })).rejects.toMatchObject({ code: 'connection_in_use' })
  expect((await stepped.list()).connection).toMatchObject({ name: 'local', adapter: null, prefix: 'ai' })
  await stepped.reset(null)
  expect(await stepped.connect({ name: 'local', adapter: elsewhere })).toMatchObject({ adapter: elsewhere })
  // Another login at the same place moves nothing.
  await bundle.query(`UPDATE tranche.stepped_migrations SET status = 10`)
  const login = 'postgresql://ops@DB.example.com:5432/vectors?sslmode=require'
  expect(await stepped.connect({ name: 'local', adapter: login })).toMatchObject({ adapter: login })
})

test('waits 30 s behind a failed try and 5 minutes when nothing is left', async () => {
  const waits: number[] = []
  const stop = new AbortController()
  const clock = {
    ...systemClock,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      // Heartbeats sleep too, for 10 s and less.
      if (milliseconds < 30_000) return systemClock.sleep(milliseconds, signal)
      waits.push(milliseconds)
      if (milliseconds > 30_000) stop.abort()
    },
  }
  const bundle = await setupStepped([counting(FIRST, 'one'), failing], { ports: { clock } })
  const turns = await bundle.engine.stepped.work({ signal: stop.signal })
  expect(turns.map(({ reason }) => reason)).toEqual(['failed'])
  expect(waits).toEqual([30_000, 30_000, 300_000])
})

test('the log of a run tells its steps in order, under one run id', async () => {
  const bundle = await setupStepped([codeEmbeddings])
  await turn(bundle)
  const lines = (await bundle.engine.stepped.logs()).filter(({ runId }) => runId !== null)
  expect(lines.map(({ message, previousStatus, nextStatus }) => [message, previousStatus, nextStatus])).toEqual([
    ['record created for Step01', null, null],
    [`starting migration Step01 (${FIRST})`, 'pending', 'in_progress'],
    ['operation create_code_embeddings completed: create the collection code_embeddings with 3 partitions', null, null],
    [`migration Step01 (${FIRST}) completed`, 'in_progress', 'completed'],
  ])
  expect(new Set(lines.map(({ runId }) => runId)).size).toBe(1)
})

test('a database without the tracking schema says so', async () => {
  const { engine } = await setup({ isInstalled: false })
  await expect(engine.stepped.list()).rejects.toMatchObject({ code: 'not_installed' })
})
