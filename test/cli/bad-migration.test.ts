import { chmod, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../support/test-database.ts'
import { CATALOGUE, type CommandLine, commandLine, containing, type Variables } from './command-line.ts'
import { type ExpectRefusal, type Refusal, refusals } from './refusals.ts'
import { createThingsDatabase } from './things-database.ts'

let database: TestDatabase
let tranche: CommandLine
let expectRefusal: ExpectRefusal

beforeAll(async () => {
  database = await createThingsDatabase()
  tranche = commandLine(database.connection)
  await tranche.run('install')
  expectRefusal = await refusals(database)
})

afterAll(async () => {
  await database.drop()
})

function withVariables(variables: Variables): CommandLine {
  return commandLine(database.connection, variables)
}

describe('the migration', () => {
  test.each([
    [
      'a class that is nowhere',
      ['queue', 'ShoutName'],
      { exitCode: 2, code: 'unknown_class', message: '"ShoutName"', remedy: 'Did you mean ShoutNames?' },
    ],
    [
      'arguments that are not JSON',
      ['queue', 'ShoutNames', '--args', '[oops'],
      { exitCode: 2, code: 'invalid_arguments', message: '--args is not JSON', remedy: 'JSON array' },
    ],
    [
      'arguments that are no array',
      ['queue', 'ShoutNames', '--args', '{}'],
      { exitCode: 2, code: 'invalid_arguments', message: 'expected a JSON array', remedy: 'JSON array' },
    ],
    [
      'an argument that JSON cannot carry',
      ['queue', 'ShoutNames', '--args', '[9007199254740993]'],
      { exitCode: 2, code: 'invalid_arguments', message: '9007199254740993', remedy: '"9007199254740993"' },
    ],
    [
      'an argument of a wrong type',
      ['queue', 'ShoutNames', '--args', '[1]'],
      { exitCode: 2, code: 'invalid_arguments', message: 'argument suffix', remedy: 'suffix?' },
    ],
    [
      'too many arguments',
      ['queue', 'ShoutNames', '--args', '["a", "b"]'],
      { exitCode: 2, code: 'invalid_arguments', message: 'got 2', remedy: 'suffix?' },
    ],
    [
      'a setting that does not fit',
      ['queue', 'ShoutNames', '--batch-size', '10'],
      {
        exitCode: 2,
        code: 'invalid_setting',
        message: 'smaller than sub-batch size 20',
        remedy: 'raise the batch size',
      },
    ],
    [
      'a definition that does not parse',
      ['queue', 'DoesNotParse'],
      { exitCode: 2, code: 'definition_invalid', message: 'does-not-parse.ts', remedy: '' },
    ],
    [
      'a definition that imports application code',
      ['queue', 'ImportsApplication'],
      { exitCode: 2, code: 'definition_import', message: 'imports-application.ts:2', remedy: '' },
    ],
    [
      'a table that does not exist',
      ['queue', 'MissingTable'],
      { exitCode: 2, code: 'table_missing', message: 'nothings', remedy: '' },
    ],
    [
      'a column that does not exist',
      ['queue', 'MissingColumn'],
      { exitCode: 2, code: 'column_missing', message: 'nid', remedy: '' },
    ],
    [
      'a column without a unique index',
      ['queue', 'NotUnique'],
      { exitCode: 2, code: 'column_not_unique', message: 'bucket', remedy: '--force' },
    ],
    [
      'a migration that is not queued',
      ['run', '77'],
      { exitCode: 2, code: 'unknown_migration', message: '"77"', remedy: 'tranche list' },
    ],
    [
      'an option that does not exist',
      ['queue', 'ShoutNames', '--batchsize', '5'],
      { exitCode: 2, code: 'usage', message: 'no flag --batchsize', remedy: 'Did you mean --batch-size?' },
    ],
    [
      'a command that does not exist',
      ['qeue', 'ShoutNames'],
      { exitCode: 2, code: 'usage', message: '"qeue"', remedy: 'Did you mean queue?' },
    ],
    [
      'a command that is not built',
      ['undo', '1'],
      { exitCode: 2, code: 'usage', message: 'not built yet', remedy: 'tranche help' },
    ],
    [
      'an error budget that is none',
      ['queue', 'ShoutNames', '--error-budget', '3 rows'],
      { exitCode: 2, code: 'usage', message: 'a share above 0%', remedy: '0.1%' },
    ],
    [
      'an error budget of no share',
      ['requeue', '1', '--error-budget', '0%'],
      { exitCode: 2, code: 'usage', message: 'a share above 0%', remedy: '0.1%' },
    ],
  ] as const satisfies readonly (readonly [string, readonly string[], Refusal])[])(
    'refuses %s, and changes nothing',
    async (_, args, refusal) => {
      await expectRefusal(tranche, args, refusal)
    },
  )

  test('no tracking schema', async () => {
    await expectRefusal(tranche, ['status', '--tracking-schema', 'elsewhere'], {
      exitCode: 2,
      code: 'not_installed',
      message: '"elsewhere" is not installed',
      remedy: 'tranche install',
    })
  })
})

describe('the catalogue', () => {
  test('none is named', async () => {
    await expectRefusal(withVariables({ TRANCHE_CATALOGUE: '' }), ['queue', 'ShoutNames'], {
      exitCode: 2,
      code: 'catalogue_missing',
      message: 'no catalogue is named',
      remedy: '--catalogue DIR',
    })
  })

  test('a folder that is not there', async () => {
    await expectRefusal(tranche, ['queue', 'ShoutNames', '--catalogue', '/nowhere/at/all'], {
      exitCode: 2,
      code: 'catalogue_missing',
      message: 'there is no such folder',
      remedy: '--catalogue',
    })
  })

  test('a read-only folder serves as well as any other: nothing is ever written there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tranche catalogue-'))
    try {
      await cp(CATALOGUE, folder, { recursive: true })
      await chmod(folder, 0o555)
      const { exitCode, stdout } = await tranche.run('list', '--catalogue', folder)
      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: containing('ShoutNames') })
    } finally {
      await chmod(folder, 0o755)
      await rm(folder, { recursive: true })
    }
  })
})
