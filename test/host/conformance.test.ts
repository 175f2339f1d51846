/** The contract over every transport, against a real PostgreSQL: what the calls say is what SQL says. */
import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import { MAX_REQUEST_BYTES } from '../../src/shared/rpc.ts'
import { CONSOLE_CATALOGUE, setupConsole } from '../support/console-setup.ts'
import { isOver, openReplica } from '../support/replica.ts'
import { openTransport, TRANSPORTS } from '../support/transports.ts'

describe.each(TRANSPORTS)('over %s', (name) => {
  async function setup() {
    const bundle = await setupConsole()
    const { transport, sent } = await openTransport(name, bundle.backend)
    const call = createClient(transport)
    const replica = await openReplica(transport, call)
    return { ...bundle, transport, call, replica, sent }
  }

  it('takes a migration from a URL to its seal on production, and never tells the password', async () => {
    const { call, replica, database, url, connection, sent, transport } = await setup()

    const draft = {
      name: 'main',
      environment: 'production',
      place: { kind: 'url', url },
      catalogueFolder: CONSOLE_CATALOGUE,
    } as const
    const tested = await call('connections.testDraft', draft)
    expect(tested.checks.map(({ name: check, outcome }) => `${check} ${outcome}`)).toEqual([
      ...['reach holds', 'tls note', 'login holds', 'version holds', 'primary holds', 'pooler holds'],
      ...['privileges holds', 'clock holds', 'tracking note'],
    ])
    const { connectionId, hasPassword } = await call('connections.add', draft)
    expect(hasPassword).toBe(true)
    const target = await call('connections.open', { connectionId })
    expect(target).toMatchObject({ link: { kind: 'connected' }, isInstalled: false })

    await expect(call('tracking.install', { connectionId })).rejects.toMatchObject({ code: 'confirmation_required' })
    await call('tracking.install', { connectionId, isConfirmed: true })
    await replica.until(({ targets }) => targets[connectionId]?.isInstalled === true)

    const catalogue = await call('catalogue.list', { connectionId })
    expect(catalogue.entries.map(({ jobClassName }) => jobClassName)).toEqual(['DoubleNumbers', 'RefuseSevens'])
    expect(catalogue.broken.map(({ file }) => file)).toEqual(['broken.ts'])
    const dossier = await call('catalogue.dossier', { connectionId, jobClassName: 'DoubleNumbers' })
    expect(dossier.statement?.values).toEqual(['1', '20'])

    const input = { connectionId, jobClassName: 'DoubleNumbers' }
    const plan = await call('queue.plan', input)
    expect(plan).toMatchObject({
      range: { kind: 'known', min: ['1'], max: ['1000'], estimatedRows: 1000 },
      estimatedJobs: 10,
      canQueue: true,
      duplicate: null,
      confirmation: 'plain',
    })
    const { definitionHash } = plan
    const { migration } = await call('queue.submit', { ...input, definitionHash, isConfirmed: true })
    const of = { connectionId, migrationId: migration.id }
    await call('migrations.watch', of)
    await call('run.start', { ...of, isConfirmed: true })
    await replica.until(() => isOver(replica.migration(connectionId, migration.id)))
    await replica.until(() => replica.migration(connectionId, migration.id)?.state.status === 'finished')

    const [counted] = await database.query<{ done: string }>(
      'SELECT count(*) AS done FROM numbers WHERE doubled = id * 2',
    )
    const { items } = await call('jobs.page', of)
    expect(counted?.done).toBe('1000')
    expect(items.map(({ min, max, status, scanned }) => ({ min, max, status, scanned }))).toEqual(
      Array.from({ length: 10 }, (_, index) => ({
        ...{ min: String(index * 100 + 1), max: String(index * 100 + 100) },
        ...{ status: 'succeeded', scanned: 100 },
      })),
    )

    await call('verification.run', of)
    await replica.until(() => replica.migration(connectionId, migration.id)?.proving?.kind === 'done')
    expect(await call('verification.last', of)).toMatchObject({ holds: true, isStale: false, proven: 'checks' })

    expect(await call('finalize.gates', of)).toMatchObject({ canFinalize: true, confirmation: 'phrase' })
    const ticket = await call('finalize.begin', of)
    expect(ticket.phrase).toBe(`finalize DoubleNumbers on ${connection.database}`)
    await call('finalize.submit', { ...of, nonce: ticket.nonce, phrase: ticket.phrase })
    await replica.until(() => replica.migration(connectionId, migration.id)?.state.status === 'finalized')
    const [row] = await database.query<{ status: number }>('SELECT status FROM tranche.batched_background_migrations')
    expect(row?.status).toBe(6)

    const { text } = await call('report.markdown', of)
    expect(text).toContain('# Batched migration DoubleNumbers')
    await call('connections.close', { connectionId })
    const { items: log } = await call('events.page', { connectionId, only: 'actions' })
    expect(log.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['install', 'queue', 'run', 'run_ended', 'verify', 'finalize', 'finalized']),
    )

    await transport.request('connections.add', { ...draft, place: { kind: 'url', url: `${url}&options=x` } })
    expect(sent.length).toBeGreaterThan(20)
    expect(sent.filter((message) => message.includes(connection.password))).toEqual([])
  })

  it('refuses calls that nobody wrote, inputs that do not fit, and inputs that are too long', async () => {
    const { transport } = await setup()
    const codeOf = async (method: string, input?: unknown): Promise<string> => {
      const reply = await transport.request(method, input)
      return reply.ok ? 'ok' : reply.error.code
    }

    expect(
      await Promise.all([
        codeOf('__proto__'),
        codeOf('constructor', {}),
        codeOf('toString'),
        codeOf('connections.steal', {}),
        codeOf('connections.open', {}),
        codeOf('connections.open', { connectionId: 7 }),
        codeOf('connections.open', { connectionId: 'x', extra: true }),
        codeOf('migrations.get', { connectionId: 'x', migrationId: "1'; DROP TABLE numbers" }),
        codeOf('app.snapshot', { anything: 1 }),
        codeOf('settings.set', { theme: 'dark', __proto__: null, isAdmin: true }),
        codeOf('migrations.get', { connectionId: 'x', migrationId: '1' }),
      ]),
    ).toEqual([
      ...['unknown_method', 'unknown_method', 'unknown_method', 'unknown_method'],
      ...['bad_input', 'bad_input', 'bad_input', 'bad_input', 'bad_input', 'bad_input', 'not_open'],
    ])
    if (name !== 'WebSocket') {
      const long = { connectionId: 'x'.repeat(MAX_REQUEST_BYTES) }
      expect(await codeOf('connections.open', long)).toBe('message_too_large')
    }
  })

  it('keeps settings, and tells every page', async () => {
    const { call, replica } = await setup()

    await call('settings.set', { theme: 'light' })

    await replica.until(({ settings }) => settings.theme === 'light')
    expect(await call('settings.get')).toMatchObject({ theme: 'light', density: 'default' })
  })
})
