import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeGate } from '../support/gate.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { type CommandLine, commandLine, containing, valueOf } from './command-line.ts'

const CREATE = '20250123143913'
const DROP = '20250124000000'
const CATALOGUE = fileURLToPath(new URL('../fixtures/catalogues/stepped', import.meta.url))

let database: TestDatabase
let tranche: CommandLine

beforeEach(async () => {
  database = await createTestDatabase()
  tranche = commandLine(database.connection, { TRANCHE_CATALOGUE: CATALOGUE })
  await tranche.run('install')
})

afterEach(async () => {
  await database.drop()
})

test('stepped migrations go their whole way by hand: adapter away, three tries, halted, mended, retried', async () => {
  expect(await tranche.run('stepped', 'work', '--once')).toMatchObject({
    exitCode: 0,
    stderr: containing('its adapter is not configured'),
  })
  const away = [
    '--adapter',
    'postgres://nobody@127.0.0.1:1/away?sslmode=disable',
    '--vectors',
    'real',
    '--prefix',
    'ai',
  ]
  expect(await tranche.run('stepped', 'connect', 'store', ...away)).toMatchObject({ exitCode: 0 })
  for (const left of ['2 tries left', '1 try left']) {
    expect(await tranche.run('stepped', 'work', '--once')).toMatchObject({ exitCode: 3, stderr: containing(left) })
  }
  const third = await tranche.run('stepped', 'work', '--once')
  expect(third).toMatchObject({ exitCode: 3, stderr: containing('ECONNREFUSED') })
  // Told once, and not once more by its own cause.
  expect(third.stderr.match(/ECONNREFUSED/g)).toHaveLength(1)
  expect(await tranche.run('stepped', 'work', '--once')).toMatchObject({ exitCode: 3, stderr: containing('halted') })
  const halted = await tranche.run('stepped', 'list')
  expect(halted.stdout).toContain(`✕ Halted behind ${CREATE}`)
  expect(halted.stdout).toContain('✕ target_unreachable: cannot connect to away on 127.0.0.1:1')
  const failures = (await tranche.run('stepped', 'logs', CREATE)).stdout.match(
    /UTC ✕ migration .* failed(, .*? left| for good): target_unreachable/g,
  )
  expect(failures).toHaveLength(3)

  expect(await tranche.run('stepped', 'connect', 'store', '--adapter', 'main')).toMatchObject({ exitCode: 0 })
  expect(await tranche.run('stepped', 'retry', CREATE)).toMatchObject({
    exitCode: 0,
    stdout: containing('0 of 1 operations stay'),
  })
  const worked = await tranche.json('stepped', 'work', '--to-end')
  expect(valueOf(worked)).toMatchObject({
    verb: 'work',
    runs: [{ reason: 'completed', version: CREATE }, { reason: 'skipped', version: DROP }, { reason: 'idle' }],
  })
  expect((await tranche.run('stepped', 'list')).stdout).toContain('✓ create_code_embeddings: create the collection')
  expect((await tranche.run('stepped', 'logs')).stdout).toContain(
    `migration CreateCodeEmbeddings (${CREATE}) completed [in_progress → completed]`,
  )
})

test('a table is dropped only when somebody approved it and its checks hold', async () => {
  await database.query('CREATE TABLE public.old_notes (id int); ')
  await database.query('INSERT INTO public.old_notes VALUES (1)')
  await tranche.run('stepped', 'connect', 'store', '--vectors', 'real')
  await tranche.run('stepped', 'work', '--to-end')
  const list = (await tranche.run('stepped', 'list')).stdout
  expect(list).toContain('waits for an approval: drops the table old_notes: its rows are elsewhere')
  expect(list).toMatch(new RegExp(`${DROP} +waits for approval `))
  expect(list).toContain(`Agree with: tranche stepped approve ${DROP}`)
  expect(await tranche.run('stepped', 'approve', CREATE, '--yes')).toMatchObject({
    exitCode: 2,
    stderr: containing('asks for no approval'),
  })
  expect(await tranche.run('stepped', 'approve', DROP)).toMatchObject({ exitCode: 5, stderr: containing('--yes') })
  expect(await tranche.run('stepped', 'approve', DROP, '--yes')).toMatchObject({ exitCode: 0 })
  expect(await tranche.run('stepped', 'work', '--once')).toMatchObject({
    exitCode: 3,
    stderr: containing('old_notes is not dropped: nothing is left in it: expected no row, found 1 row'),
  })
  await database.query('DELETE FROM public.old_notes')
  expect(await tranche.run('stepped', 'work', '--once')).toMatchObject({ exitCode: 0 })
  expect(await database.query(`SELECT to_regclass('public.old_notes') AS old`)).toEqual([{ old: null }])
})

test('a file that cannot be loaded is told with its place, and nothing behind it runs', async () => {
  const own = commandLine(database.connection, { TRANCHE_CATALOGUE: `${CATALOGUE}-blocked` })
  await own.run('stepped', 'connect', 'store')
  const [made, broken, behind] = ['20250101000000', '20250102000000', '20250103000000']
  const before = await own.run('stepped', 'list')
  expect(before.stdout).toContain(`20250102000000_fill_notes.ts:2: imports 'node:fs'`)
  expect(before.stdout).toContain(`Nothing runs behind ${broken}`)
  expect(await own.run('stepped', 'work', '--to-end')).toMatchObject({
    exitCode: 3,
    stderr: containing('20250102000000_fill_notes.ts:2'),
  })
  const statuses = async (): Promise<unknown> => {
    const value = valueOf(await own.json('stepped', 'list'))
    return value.verb === 'list' ? value.migrations.map(({ version, status }) => [version, status]) : null
  }
  expect(await statuses()).toEqual([
    [made, 'completed'],
    [broken, 'pending'],
    [behind, 'pending'],
  ])
  await own.run('stepped', 'skip', broken, '--reason', 'not needed here')
  expect(await own.run('stepped', 'work', '--to-end')).toMatchObject({ exitCode: 0 })
  expect(await statuses()).toEqual([
    [made, 'completed'],
    [broken, 'skipped'],
    [behind, 'completed'],
  ])
}, 60_000)

test('a worker killed in the middle is followed at once by the next one, which goes on behind what was completed', async () => {
  await database.query('CREATE TABLE public.runs (id serial PRIMARY KEY, name text)')
  const own = commandLine(database.connection, { TRANCHE_CATALOGUE: `${CATALOGUE}-slow` })
  await own.run('stepped', 'connect', 'store')
  const gate = await closeGate(database)
  const killed = own.start('stepped', 'work', '--once')
  await gate.reached()
  killed.child.kill('SIGKILL')
  await killed.ended
  await gate.open()
  expect(valueOf(await own.json('stepped', 'work', '--once'))).toMatchObject({ runs: [{ reason: 'completed' }] })
  const runs = await database.query<{ name: string }>('SELECT name FROM public.runs ORDER BY id')
  // The statement in hand was cancelled by the server or committed; either way it ran again, and the first one did not.
  expect(runs.map(({ name }) => name).filter((name) => name === 'first')).toHaveLength(1)
  expect(runs.at(-1)).toEqual({ name: 'slow' })
})

test('wrong usage is told with what would be right', async () => {
  for (const [args, said] of [
    [['lst'], 'Did you mean list?'],
    [['retry'], 'no version is given'],
    [['skip', CREATE], 'needs --reason'],
    [['reset', CREATE, '--all'], 'given together'],
    [['connect', 'a', '--vectors', 'blob'], 'expected vector or real'],
    [['connect', 'a', '--adapter', 'postgres://me:secret@db/x'], 'holds a password'],
  ] as const) {
    const { exitCode, stderr } = await tranche.run('stepped', ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)])
    expect(stderr).not.toContain('secret')
  }
})
