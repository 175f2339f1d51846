import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../support/test-database.ts'
import {
  CATALOGUE,
  type CommandLine,
  commandLine,
  commandLineWith,
  type Variables,
  variablesOf,
} from './command-line.ts'
import { type ExpectRefusal, refusals } from './refusals.ts'
import { asStandby, asVersion13, openRewritingProxy, type RewritingProxy } from './rewriting-proxy.ts'
import { createThingsDatabase } from './things-database.ts'

let database: TestDatabase
let expectRefusal: ExpectRefusal
const proxies: RewritingProxy[] = []

beforeAll(async () => {
  database = await createThingsDatabase()
  await commandLine(database.connection).run('install')
  expectRefusal = await refusals(database)
})

afterAll(async () => {
  for (const proxy of proxies) await proxy.close()
  await database.drop()
})

function withVariables(variables: Variables): CommandLine {
  return commandLine(database.connection, variables)
}

async function through(rewrite: (answer: string) => string): Promise<CommandLine> {
  const proxy = await openRewritingProxy(database.connection, rewrite)
  proxies.push(proxy)
  return commandLine(proxy.connection)
}

describe('the target', () => {
  test('an unreachable host', async () => {
    await expectRefusal(withVariables({ PGPORT: '1' }), ['queue', 'ShoutNames'], {
      exitCode: 4,
      code: 'target_unreachable',
      message: 'cannot connect to',
      remedy: 'check host and port',
    })
  })

  test('a wrong password, which is not repeated', async () => {
    const line = withVariables({ PGPASSWORD: 'quite-wrong' })
    await expectRefusal(line, ['queue', 'ShoutNames'], {
      exitCode: 4,
      code: 'target_refused_login',
      message: 'the server refused the login',
      remedy: 'PGPASSWORD',
    })
    expect((await line.run('queue', 'ShoutNames')).stderr).not.toContain('quite-wrong')
  })

  test('a password command is asked, and what it prints is repeated nowhere', async () => {
    const { PGPASSWORD = '', ...rest } = variablesOf(database.connection)
    const line = commandLineWith({ ...rest, TRANCHE_CATALOGUE: CATALOGUE, SECRET: PGPASSWORD })
    const command = JSON.stringify([process.execPath, '-p', 'process.env.SECRET'])
    const failing = JSON.stringify([process.execPath, '-e', 'console.log("quite-wrong"); process.exit(1)'])

    expect(await line.json('status', '--password-command', command)).toMatchObject({ exitCode: 0, stderr: '' })
    await expectRefusal(line, ['status', '--password-command', failing], {
      exitCode: 4,
      code: 'password_command_failed',
      message: 'ended with 1',
      remedy: 'Run it in a terminal',
    })
    const { stdout, stderr } = await line.run('status', '--password-command', failing)
    expect(stdout + stderr).not.toContain('quite-wrong')
    expect((await line.run('status', '--password-command', `op 'read`)).exitCode).toBe(2)
  })

  test('no password where one is wanted', async () => {
    const { PGPASSWORD: _, ...rest } = variablesOf(database.connection)
    await expectRefusal(
      commandLineWith({ ...rest, TRANCHE_CATALOGUE: CATALOGUE, PGPASSFILE: '/dev/null/none' }),
      ['queue', 'ShoutNames'],
      {
        exitCode: 4,
        code: 'target_refused_login',
        message: 'asks for a password, and none is known',
        remedy: '~/.pgpass',
      },
    )
  })

  test('a database that is not there', async () => {
    await expectRefusal(withVariables({ PGDATABASE: 'no_such_database' }), ['status'], {
      exitCode: 4,
      code: 'database_missing',
      message: 'there is no database "no_such_database"',
      remedy: 'psql -l',
    })
  })

  test.each([['install'], ['queue', 'ShoutNames']])('a standby, for %s', async (...args) => {
    await expectRefusal(await through(asStandby), args, {
      exitCode: 5,
      code: 'target_standby',
      message: 'is a standby',
      remedy: 'Connect to the primary',
    })
  })

  test.each([['install'], ['queue', 'ShoutNames'], ['status']])('a server older than 14, for %s', async (...args) => {
    await expectRefusal(await through(asVersion13), args, {
      exitCode: 5,
      code: 'target_too_old',
      message: 'needs 14 or newer',
      remedy: 'Upgrade the server',
    })
  })

  test('elsewhere without an environment', async () => {
    await expectRefusal(
      commandLineWith({ TRANCHE_CATALOGUE: CATALOGUE }),
      ['queue', 'ShoutNames', '--target', 'postgres://db.invalid/app'],
      {
        exitCode: 5,
        code: 'environment_required',
        message: 'db.invalid is not this machine',
        remedy: '--environment',
      },
    )
  })

  test('a password in the URL of production, which is not repeated', async () => {
    const args = ['status', '--environment', 'production', '--target', 'postgres://anna:hush-hush@db.invalid/app']
    await expectRefusal(commandLineWith({}), args, {
      exitCode: 5,
      code: 'password_in_url',
      message: 'refused for production',
      remedy: 'PGPASSWORD',
    })
    expect((await commandLineWith({}).run(...args)).stderr).not.toContain('hush-hush')
  })

  test('the practice database while it does not run is told apart from one that is unknown', async () => {
    await expectRefusal(commandLineWith({}), ['list', '--connection', 'practise'], {
      exitCode: 2,
      code: 'unknown_connection',
      message: 'there is no connection "practise"',
      remedy: 'practice',
    })
  })
})

describe('privileges', () => {
  const weak = { name: '', password: 'weak' }

  beforeAll(async () => {
    weak.name = `weak_${database.connection.database}`
    await database.query(`CREATE ROLE ${pg.escapeIdentifier(weak.name)} LOGIN PASSWORD 'weak'`)
  })

  afterAll(async () => {
    await database.query(`DROP OWNED BY ${pg.escapeIdentifier(weak.name)}`)
    await database.query(`DROP ROLE ${pg.escapeIdentifier(weak.name)}`)
  })

  test('a role that may not create a schema', async () => {
    const line = withVariables({ PGUSER: weak.name, PGPASSWORD: weak.password })
    await expectRefusal(line, ['install', '--tracking-schema', 'other'], {
      exitCode: 5,
      code: 'privilege_missing',
      message: 'permission denied',
      remedy: 'install --print',
    })
  })

  test('a role that may not even look at the tracking schema', async () => {
    const line = withVariables({ PGUSER: weak.name, PGPASSWORD: weak.password })
    await expectRefusal(line, ['status'], {
      exitCode: 5,
      code: 'privilege_missing',
      message: 'may not read the tracking schema',
      remedy: 'GRANT USAGE ON SCHEMA',
    })
  })

  test('a role that may not read the table', async () => {
    const role = pg.escapeIdentifier(weak.name)
    await database.query(`GRANT USAGE ON SCHEMA tranche TO ${role}`)
    await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA tranche TO ${role}`)
    await database.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA tranche TO ${role}`)
    const line = withVariables({ PGUSER: weak.name, PGPASSWORD: weak.password })
    await expectRefusal(line, ['queue', 'ShoutNames'], {
      exitCode: 5,
      code: 'privilege_missing',
      message: 'may not read "public.things"',
      remedy: 'GRANT SELECT',
    })
  })
})
