import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passwordOf } from '../../../src/host/connection/password-command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const PLACE = { host: 'db.example', port: 5433, user: 'anna', database: 'app' }

function asking(script: string, limitMs = 10_000): () => Promise<string> {
  return passwordOf([process.execPath, '-e', script], { place: PLACE, env: { PGPASSWORD: 'old' }, limitMs })
}

test('the password is what the command prints, without the end of its line', async () => {
  expect(await asking(`console.error('unlocked'); console.log(' with spaces ')`)()).toBe(' with spaces ')
  expect(await asking(`process.stdout.write('p\\r\\n')`)()).toBe('p')
})

test('the command is told what the password is for, and not an old password', async () => {
  const { PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD } = JSON.parse(
    await asking('console.log(JSON.stringify(process.env))')(),
  ) as Record<string, string | undefined>

  expect([PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD]).toEqual(['db.example', '5433', 'anna', 'app', undefined])
})

test('the command runs once for connections that are made at the same time, and anew for later ones', async () => {
  const file = join(await temporaryFolder(), 'calls')
  const ask = asking(
    `require('fs').appendFileSync(${JSON.stringify(file)}, '.'); console.log(require('fs').statSync(${JSON.stringify(file)}).size)`,
  )

  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['1', '1', '1'])
  expect(await ask()).toBe('2')
})

test('no shell reads the words of the command', async () => {
  const words = [process.execPath, '-p', 'process.argv[1]', '$HOME; echo `x` *'] as const

  expect(await passwordOf(words, { place: PLACE, env: {} })()).toBe('$HOME; echo `x` *')
})

test.each([
  ['ends with an error', `console.log('hidden'); console.error('hidden'); process.exit(3)`, 'ended with 3'],
  ['prints nothing', '', 'printed nothing'],
  ['prints several lines', `console.log('hidden\\nhidden')`, 'printed several lines'],
  ['prints what no server takes', `process.stdout.write('hidden\\0')`, 'printed what is no password'],
  ['does not end', `console.log('hidden'); setInterval(() => 0, 1000)`, 'did not end within 0.3 s'],
])('a command that %s is told of, without what it printed', async (_what, script, why) => {
  const limitMs = why.startsWith('did not end') ? 300 : 10_000
  const error: unknown = await asking(script, limitMs)().catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'password_command_failed' })
  expect(String(error)).toContain(why)
  expect(JSON.stringify(error) + String(error)).not.toContain('hidden')
})

test('a command that prints without end is ended', async () => {
  const endless = asking(`const say = () => process.stdout.write('x'.repeat(65536), say); say()`)

  await expect(endless()).rejects.toMatchObject({ code: 'password_command_failed' })
})

test('a program that is not there is named', async () => {
  const ask = passwordOf(['/nowhere/op', 'read', 'op://db/secret'], { place: PLACE, env: {} })

  await expect(ask()).rejects.toThrow('the password command "/nowhere/op" cannot be run: ENOENT')
})
