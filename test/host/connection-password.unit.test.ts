/** Where a saved connection's password comes from. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionPassword } from '../../src/host/backend/connection-password.ts'
import { createMemorySecrets } from '../../src/host/backend/secrets.ts'
import { silentLogger } from '../support/engine-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CONNECTION = { connectionId: 'a', environment: 'staging', passwordCommand: null } as const
const SETTINGS = { host: 'db.example', user: 'anna' }

test('each source is asked behind the one before it', async () => {
  const home = await temporaryFolder()
  await writeFile(join(home, '.pgpass'), '*:*:*:anna:of the file\n', { mode: 0o600 })
  await writeFile(join(home, '.pg_service.conf'), '[app]\nhost=db.example\nuser=anna\npassword=of the service\n')
  const secrets = createMemorySecrets()
  secrets.set('given', 'typed')
  const context = { secrets, env: { HOME: home, PGPASSWORD: 'of the variable' }, logger: silentLogger }
  const passwordCommand = [process.execPath, '-p', '"of the command"'] as const
  const service = { service: 'app' }
  const asked = [
    { ...CONNECTION, connectionId: 'given', settings: service, passwordCommand },
    { ...CONNECTION, settings: service, passwordCommand },
    { ...CONNECTION, settings: service },
    { ...CONNECTION, settings: SETTINGS },
    { ...CONNECTION, settings: { ...SETTINGS, user: 'otto' } },
    { ...CONNECTION, settings: { ...SETTINGS, user: 'otto' }, environment: 'production' },
  ] as const

  const found = await Promise.all(asked.map((each) => connectionPassword(context, each)()))

  expect(await Promise.all(found.map(async ({ source, get }) => [source, await get()]))).toEqual([
    ['memory', 'typed'],
    ['command', 'of the command'],
    ['service', 'of the service'],
    ['passfile', 'of the file'],
    ['environment', 'of the variable'],
    ['none', null],
  ])
})
