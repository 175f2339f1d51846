/** The nine questions of a connection test, asked of a real server, with certificates of an authority that the test made. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import type { TestCheck } from '../../src/shared/connection-view.ts'
import { createAuthority, hasOpenssl } from '../support/certificates.ts'
import { setupConsole } from '../support/console-setup.ts'
import { serverOfItsOwn } from '../support/server-of-its-own.ts'
import { openTransport } from '../support/transports.ts'
import { until } from '../support/until.ts'

const canMakeCertificates = await hasOpenssl()
if (!canMakeCertificates) console.log('Skipped the tests of TLS: there is no openssl here to make certificates with.')

const server = serverOfItsOwn({})

async function onServer(...statements: readonly string[]): Promise<Record<string, unknown>> {
  const client = new pg.Client(server())
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement))
    return rows[0] ?? {}
  } finally {
    await client.end()
  }
}

/** Switches TLS on with a certificate of a new authority; returns the authority's own. */
async function useCertificate({
  names,
  days = 100,
}: {
  readonly names: string
  readonly days?: number
}): Promise<string> {
  const authority = await createAuthority('Test Authority')
  const { cert, key } = await authority.issue({ names, days })
  const folder = String((await onServer('SHOW data_directory')).data_directory)
  // Written by the server itself, whose account must own the key.
  const write = (name: string, text: string): string =>
    `COPY (SELECT unnest(string_to_array(${pg.escapeLiteral(text.trim())}, E'\\n'))) TO PROGRAM ${pg.escapeLiteral(`umask 077 && cat > '${folder}/${name}'`)}`
  await onServer(
    write('test.crt', cert),
    write('test.key', key),
    `ALTER SYSTEM SET ssl_cert_file = 'test.crt'`,
    `ALTER SYSTEM SET ssl_key_file = 'test.key'`,
    'ALTER SYSTEM SET ssl = on',
    'SELECT pg_reload_conf()',
  )
  await until(async () => (await onServer('SHOW ssl')).ssl === 'on')
  onTestFinished(async () => {
    await onServer('ALTER SYSTEM RESET ssl', 'SELECT pg_reload_conf()')
    await until(async () => (await onServer('SHOW ssl')).ssl === 'off')
  })
  return authority.caFile
}

/** The checks by name, of a draft with these settings. */
async function test(
  settings: Readonly<Record<string, string>>,
  { host, port }: { readonly host?: string; readonly port?: number } = {},
): Promise<Record<TestCheck['name'], TestCheck>> {
  const { backend } = await setupConsole()
  const call = createClient((await openTransport('in-process', backend)).transport)
  const { user, password, database, ...place } = server()
  const query = new URLSearchParams(settings).toString()
  const { checks } = await call('connections.testDraft', {
    name: 'tested',
    environment: 'staging',
    place: {
      kind: 'url',
      url: `postgres://${user}@${host ?? place.host}:${String(port ?? place.port)}/${database}?${query}`,
    },
    password,
  })
  return Object.fromEntries(checks.map((check) => [check.name, check])) as Record<TestCheck['name'], TestCheck> // of all of them
}

function outcomes(checks: Record<string, TestCheck>): readonly string[] {
  return Object.values(checks).map(({ name, outcome }) => `${name} ${outcome}`)
}

describe.skipIf(!canMakeCertificates)('with TLS', () => {
  it('names protocol, issuer, names and end of a certificate that holds', async () => {
    const sslrootcert = await useCertificate({ names: 'DNS:localhost,IP:127.0.0.1' })

    const checks = await test({ sslmode: 'verify-full', sslrootcert })

    expect(outcomes(checks)).toEqual([
      ...['reach holds', 'tls holds', 'login holds', 'version holds', 'primary holds', 'pooler holds'],
      ...['privileges holds', 'clock holds', 'tracking note'],
    ])
    expect(checks.tls.detail).toMatch(
      /^TLSv1\.3; issuer and name verified; certificate of localhost, 127\.0\.0\.1 by Test Authority, valid until \d{4}-\d\d-\d\d$/,
    )
  })

  it('fails, and sends no password, where nobody knows the issuer', async () => {
    await useCertificate({ names: 'IP:127.0.0.1' })

    const { tls, login } = await test({ sslmode: 'verify-full' })

    expect([tls, login]).toMatchObject([
      {
        outcome: 'failed',
        detail: expect.stringContaining(
          'not accepted: nobody here knows its issuer; certificate of 127.0.0.1',
        ) as string,
        remedy: 'Name the certificate of its issuer with sslrootcert.',
      },
      { outcome: 'skipped' },
    ])
  })

  it('fails where the name is another one; the issuer alone may do', async () => {
    const sslrootcert = await useCertificate({ names: 'DNS:db.internal' })

    const full = await test({ sslmode: 'verify-full', sslrootcert })
    const ca = await test({ sslmode: 'verify-ca', sslrootcert })

    expect([full.tls, full.login, ca.tls, ca.login]).toMatchObject([
      {
        outcome: 'failed',
        detail: expect.stringContaining('the certificate is for another name') as string,
        remedy: expect.stringContaining('(db.internal), or use sslmode verify-ca') as string,
      },
      { outcome: 'skipped' },
      { outcome: 'holds', detail: expect.stringContaining('; issuer verified; ') as string },
      { outcome: 'holds' },
    ])
  })

  it('notes what is encrypted for whoever answers, what ends soon, and what is not encrypted though it could be', async () => {
    const sslrootcert = await useCertificate({ names: 'IP:127.0.0.1', days: 10 })

    const tls = [
      (await test({ sslmode: 'require' })).tls,
      (await test({ sslmode: 'verify-full', sslrootcert })).tls,
      (await test({ sslmode: 'disable' })).tls,
    ]

    expect(tls).toMatchObject([
      {
        outcome: 'note',
        detail: expect.stringContaining(
          'the server is not verified; certificate of 127.0.0.1 by Test Authority',
        ) as string,
        remedy: expect.stringContaining('sslrootcert') as string,
      },
      { outcome: 'note', remedy: expect.stringMatching(/^It ends in \d+ days/) as string },
      { outcome: 'note', detail: 'not encrypted, though the server offers TLS', remedy: 'Use sslmode verify-full.' },
    ])
  })
})

it('says what the server lacks where TLS is asked for and not offered', async () => {
  const { reach, tls, login } = await test({ sslmode: 'verify-full' })

  expect([reach, tls, login]).toMatchObject([
    { outcome: 'holds', detail: `127.0.0.1:${String(server().port)} answers` },
    { outcome: 'failed', remedy: expect.stringContaining('Switch ssl on at the server') as string },
    { outcome: 'skipped' },
  ])
})

it('says that nobody answers only where nobody answers', async () => {
  const deaf = createServer((socket) => socket.on('error', () => undefined).end('220 mail\r\n'))
  deaf.listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  onTestFinished(() => void deaf.close())
  const { port } = deaf.address() as AddressInfo // it listens on a port

  const nobody = await test({ sslmode: 'disable' }, { port: 1 })
  const nowhere = await test({ sslmode: 'disable' }, { host: 'db.invalid' })
  const other = await test({ sslmode: 'verify-full' }, { port })

  expect([nobody.reach, nobody.tls, nowhere.reach, other.reach, other.tls]).toMatchObject([
    { outcome: 'failed', sqlstate: 'ECONNREFUSED', remedy: expect.stringContaining('Nothing listens there') as string },
    { outcome: 'skipped' },
    { outcome: 'failed', remedy: expect.stringContaining('does not resolve') as string },
    { outcome: 'holds' },
    { outcome: 'failed', detail: expect.stringContaining('does not speak PostgreSQL’s protocol') as string },
  ])
})

it('tells the version of the tracking schema, and what the role lacks', async () => {
  await onServer(
    'CREATE SCHEMA tranche',
    'CREATE TABLE tranche.meta (schema_version int, installed_at timestamptz, installed_by text)',
    'CREATE TABLE tranche.batched_background_migrations (id bigint)',
    `INSERT INTO tranche.meta VALUES (9999, now(), 'x')`,
  )
  onTestFinished(async () => {
    await onServer('DROP SCHEMA tranche CASCADE')
  })

  const { tracking, privileges } = await test({ sslmode: 'disable' })

  expect(tracking).toMatchObject({
    outcome: 'failed',
    detail: expect.stringMatching(/^version 9999 in tranche; this console knows \d+$/) as string,
  })
  expect(privileges.detail).toMatch(/^may use the schema tranche; read and update \d+ of \d+ tables$/)
})
