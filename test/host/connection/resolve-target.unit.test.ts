import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  resolveSettings,
  resolveTarget,
  type ResolvedTarget,
  type TargetRequest,
} from '../../../src/host/connection/resolve-target.ts'

interface Resolved extends ResolvedTarget {
  readonly warnings: readonly string[]
}

async function resolve(request: Partial<TargetRequest>): Promise<Resolved> {
  const warnings: string[] = []
  const { env = {} } = request
  const resolved = await resolveTarget({
    url: null,
    connection: null,
    environment: null,
    isWriting: false,
    projectFolder: '/nowhere',
    warn: (message) => warnings.push(message),
    ...request,
    // Without it the server would be asked whether it speaks TLS.
    env: { PGSSLMODE: 'disable', HOME: '/nowhere', ...env },
  })
  return { ...resolved, warnings }
}

function placeOf({ parameters: { host, port, user, database } }: ResolvedTarget): unknown {
  return { host, port, user, database }
}

async function writeTemporary(text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tranche-connection-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), text, { mode })
  return join(folder, 'file')
}

test('without anything the defaults are those of libpq', async () => {
  const { username } = userInfo()
  expect(placeOf(await resolve({ env: { PGHOST: 'localhost' } }))).toEqual({
    host: 'localhost',
    port: 5432,
    user: username,
    database: username,
  })
})

test('a URL wins over a service, which wins over variables', async () => {
  const file = await writeTemporary(
    '# ours\n[other]\nhost=no\n\n[app]\nhost = service.invalid\nport=7000\nuser=service\ndbname=of_service\n[app]\nuser=late\n',
  )
  const env = {
    PGSERVICEFILE: file,
    PGSERVICE: 'app',
    PGUSER: 'variable',
    PGHOST: 'variable.invalid',
    PGPASSWORD: 'known',
  }
  expect(placeOf(await resolve({ env }))).toEqual({
    host: 'service.invalid',
    port: 7000,
    user: 'service',
    database: 'of_service',
  })
  const resolved = await resolve({ env, url: 'postgres://anna@url.invalid' })
  expect(placeOf(resolved)).toEqual({ host: 'url.invalid', port: 7000, user: 'anna', database: 'of_service' })
  expect(await resolved.parameters.password()).toBe('known')
  expect(placeOf(await resolve({ env: { ...env, PGSERVICE: '' }, url: 'postgres://?service=app' }))).toMatchObject({
    host: 'service.invalid',
  })
})

test('the database is named like the user where nobody says otherwise', async () => {
  expect(placeOf(await resolve({ url: 'postgres://anna@localhost' }))).toMatchObject({ user: 'anna', database: 'anna' })
})

test('a service that is nowhere, and a setting that is not supported, are refused by name', async () => {
  const file = await writeTemporary('[app]\nhost=localhost\nsslcrl=/x\n')
  await expect(resolve({ env: { PGSERVICEFILE: file, PGSERVICE: 'nope' } })).rejects.toThrow(
    'there is no service "nope"',
  )
  await expect(resolve({ env: { PGSERVICEFILE: file, PGSERVICE: 'app' } })).rejects.toThrow(
    'has "sslcrl", which is not supported',
  )
  await expect(resolve({ env: { PGOPTIONS: '-c x=1' } })).rejects.toThrow('the variable PGOPTIONS')
  await expect(resolve({ env: { PGPORT: '0' } })).rejects.toThrow('port is "0"')
  await expect(resolve({ env: { PGHOST: 'localhost', PGSSLMODE: 'sure' } })).rejects.toThrow('sslmode is "sure"')
})

test('the password file is read with the rules of libpq, and not where others can read it', async () => {
  const lines = '*:*:other:anna:no\nlocalhost:*:app:anna:with\\:colon\n'
  const file = await writeTemporary(lines)
  const env = { PGPASSFILE: file, PGUSER: 'anna', PGDATABASE: 'app' }
  expect(await (await resolve({ env: { ...env, PGHOST: 'localhost' } })).parameters.password()).toBe('with:colon')
  // A default socket goes under localhost.
  expect(await (await resolve({ env: { ...env, PGHOST: '/tmp' } })).parameters.password()).toBe('with:colon')
  expect(await (await resolve({ env: { ...env, PGHOST: 'localhost', PGUSER: 'otto' } })).hasPassword()).toBe(false)
  const open = await resolve({ env: { ...env, PGHOST: 'localhost', PGPASSFILE: await writeTemporary(lines, 0o644) } })
  expect(await open.parameters.password()).toBeNull()
  expect(open.warnings).toEqual([expect.stringContaining('group or world access')])
  open.setPassword('typed')
  expect(await open.parameters.password()).toBe('typed')
})

test.each<[string, readonly number[]]>([
  ['the one that names it first', [0, 1]],
  ['the other one first', [1, 0]],
])('a password file belongs to the connection that names it: %s', async (_order, order) => {
  const named = await writeTemporary('*:*:*:anna:of the named file\n')
  const home = dirname(await writeTemporary(''))
  await writeFile(join(home, '.pgpass'), '*:*:*:anna:of the usual file\n', { mode: 0o600 })
  const before = { ...process.env }
  const place = { host: 'localhost', user: 'anna', sslmode: 'disable' }
  const targets = await Promise.all(
    [{ ...place, passfile: named }, place].map((settings) =>
      resolveSettings(settings, { environment: 'staging', env: { HOME: home }, warn: () => undefined }),
    ),
  )
  const found = new Map<number, string | null | undefined>()

  for (const index of [...order, ...order]) found.set(index, await targets[index]?.parameters.password())

  expect([found.get(0), found.get(1)]).toEqual(['of the named file', 'of the usual file'])
  expect(process.env).toEqual(before)
})

test('what is wrong with a password file is told to whoever asks, and to nobody else', async () => {
  const warnings: string[][] = [[], []]
  const files = [await writeTemporary('*:*:*:anna:x\n', 0o644), await writeTemporary('*:*:*:anna:x\n', 0o640)]
  const targets = await Promise.all(
    files.map((passfile, index) =>
      resolveSettings(
        { host: 'localhost', user: 'anna', sslmode: 'disable', passfile },
        { environment: 'staging', env: {}, warn: (message) => warnings[index]?.push(message) },
      ),
    ),
  )

  await Promise.all(targets.map(({ parameters }) => parameters.password()))

  expect(warnings).toEqual(
    files.map((file) => [expect.stringContaining(`"${file}" has group or world access`) as string]),
  )
})

test('a line of the password file reads as libpq reads it', async () => {
  const file = await writeTemporary(
    [
      '# localhost:5432:app:anna:a comment',
      'short',
      'local\\\\:*:app:anna:no',
      '*:5433:*:*:other port',
      'localhost:*:app:an\\:na:\\\\p:w\\: ',
    ].join('\n'),
  )
  const passwordOf = async (settings: Record<string, string>): Promise<string | null> =>
    (
      await resolveSettings(
        { host: 'localhost', dbname: 'app', sslmode: 'disable', passfile: file, ...settings },
        { environment: 'staging', env: {}, warn: () => undefined },
      )
    ).parameters.password()

  expect([
    await passwordOf({ user: 'an:na' }),
    await passwordOf({ user: 'otto', port: '5433' }),
    await passwordOf({ user: 'anna' }),
  ]).toEqual(['\\p:w: ', 'other port', null])
})

test('the environment is development on this machine, and must be named elsewhere to write', async () => {
  for (const host of ['localhost', '127.0.0.1', '::1', '/tmp']) {
    expect(await resolve({ env: { PGHOST: host }, isWriting: true })).toMatchObject({ environment: 'development' })
  }
  expect(await resolve({ env: { PGHOST: 'db.invalid' } })).toMatchObject({ environment: null })
  await expect(resolve({ env: { PGHOST: 'db.invalid' }, isWriting: true })).rejects.toMatchObject({
    code: 'environment_required',
  })
  expect(await resolve({ env: { PGHOST: 'db.invalid' }, isWriting: true, environment: 'staging' })).toMatchObject({
    environment: 'staging',
  })
})

test('a password in the URL is warned of, and refused for production', async () => {
  const url = 'postgres://anna:hush@db.invalid/app'
  const { warnings, parameters } = await resolve({ url })
  expect(warnings).toEqual([expect.stringContaining('the target URL holds a password')])
  expect(await parameters.password()).toBe('hush')
  await expect(resolve({ url, environment: 'production' })).rejects.toMatchObject({
    code: 'password_in_url',
    message: expect.not.stringContaining('hush') as string,
  })
})

test('a name that sounds like production is warned of under another environment', async () => {
  expect((await resolve({ url: 'postgres://localhost/app_prod' })).warnings).toEqual([
    '"app_prod" sounds like production, but the environment is development',
  ])
  expect((await resolve({ url: 'postgres://db.invalid/app_prod', environment: 'production' })).warnings).toEqual([
    expect.stringContaining('not encrypted'),
  ])
})

test('the authorities of the system verify in full, and refuse less', async () => {
  const resolved = await resolve({ url: 'postgres://db.invalid/app?sslrootcert=system', env: { PGSSLMODE: '' } })
  expect(resolved.parameters.tls).toMatchObject({
    rejectUnauthorized: true,
    checkServerIdentity: expect.any(Function) as unknown,
  })
  await expect(resolve({ url: 'postgres://db.invalid/app?sslrootcert=system&sslmode=require' })).rejects.toThrow(
    'sslmode=require is too weak for sslrootcert=system',
  )
})

test.each([
  ['disable', false],
  ['require', { rejectUnauthorized: false, servername: 'db.invalid' }],
  [
    'verify-full',
    { rejectUnauthorized: true, servername: 'db.invalid', checkServerIdentity: expect.any(Function) as unknown },
  ],
])('sslmode %s', async (sslmode, tls) => {
  expect(
    (await resolve({ url: `postgres://db.invalid/app?sslmode=${sslmode}`, env: { HOME: '/nowhere' } })).parameters.tls,
  ).toEqual(tls)
})

test('verify-ca checks the chain and not the name; require with a root certificate is the same', async () => {
  const ca = await writeTemporary('the certificate')
  for (const sslmode of ['verify-ca', 'require']) {
    const { parameters } = await resolve({ url: `postgres://10.0.0.1/app?sslmode=${sslmode}&sslrootcert=${ca}` })
    expect(parameters.tls).toEqual({
      rejectUnauthorized: true,
      ca: 'the certificate',
      checkServerIdentity: expect.any(Function) as unknown,
    })
  }
  await expect(resolve({ url: 'postgres://db.invalid/app?sslmode=verify-full&sslrootcert=/nowhere' })).rejects.toThrow(
    'sslrootcert /nowhere cannot be read',
  )
})

test('verify-full compares the certificate with the address that was asked for', async () => {
  const { parameters } = await resolve({ url: 'postgres://10.0.0.1/app?sslmode=verify-full' })
  const check = parameters.tls === false ? undefined : parameters.tls.checkServerIdentity
  const certificate = { subject: { CN: 'x' }, subjectaltname: 'IP Address:10.0.0.1, DNS:localhost' } as never // as much as is read
  expect(check?.('localhost', certificate)).toBeUndefined()
  const other = { subject: { CN: 'x' }, subjectaltname: 'IP Address:10.0.0.2, DNS:localhost' } as never
  expect(check?.('localhost', other)?.message).toContain('10.0.0.1')
})

test('half a client certificate is refused', async () => {
  const sslcert = await writeTemporary('the certificate')
  await expect(resolve({ url: `postgres://db.invalid/app?sslmode=require&sslcert=${sslcert}` })).rejects.toThrow(
    'without its other half',
  )
})

test('production elsewhere is verified in full unless something else is asked for', async () => {
  const { parameters } = await resolve({
    url: 'postgres://db.invalid/app',
    environment: 'production',
    env: { PGSSLMODE: '' },
  })
  expect(parameters.tls).toMatchObject({ rejectUnauthorized: true, servername: 'db.invalid' })
})

test('practice is never anything else, and other names are unknown', async () => {
  await expect(resolve({ connection: 'practice', environment: 'production' })).rejects.toMatchObject({ code: 'usage' })
  await expect(resolve({ connection: 'practice' })).rejects.toMatchObject({
    code: 'practice_not_running',
    remedy: 'Start it with: npm start',
  })
  await expect(resolve({ connection: 'prod' })).rejects.toMatchObject({ code: 'unknown_connection' })
})
