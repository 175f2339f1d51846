import { expect, test } from 'vitest'
import pg from 'pg'
import { templateDatabase } from './template-database.ts'
import { createTestDatabase } from './test-database.ts'

test('a test database is empty, private and gone after drop', async () => {
  const first = await createTestDatabase()
  const second = await createTestDatabase()
  await first.query('CREATE TABLE things (id bigint)')
  await first.query('INSERT INTO things VALUES ($1)', ['9007199254740993'])
  expect(await first.query('SELECT id FROM things')).toEqual([{ id: '9007199254740993' }])
  await expect(second.query('SELECT FROM things')).rejects.toThrow('does not exist')
  await first.drop()
  await second.drop()
  const client = new pg.Client(first.url)
  await expect(client.connect()).rejects.toThrow('does not exist')
})

test('connections that a test opened are its own to forget, those of others are reported as leaks', async () => {
  const database = await createTestDatabase()
  await database.connect()
  const leaked = new pg.Client({ ...database.connection, application_name: 'leaky runner' })
  leaked.on('error', () => undefined)
  await leaked.connect()
  await leaked.query('SELECT 42')
  await expect(database.drop()).rejects.toThrow('leaky runner (idle): SELECT 42')
})

test('a template is filled once and copied as often as needed', async () => {
  let fills = 0
  const fill = async (database: Awaited<ReturnType<typeof createTestDatabase>>) => {
    fills += 1
    await database.query('CREATE TABLE things AS SELECT generate_series(1, 3) AS id')
  }
  const template = await templateDatabase('filled_once', fill)
  expect(await templateDatabase('filled_once', fill)).toBe(template)
  expect(fills).toBe(1)
  const copies = await Promise.all([createTestDatabase(template), createTestDatabase(template)])
  for (const copy of copies) {
    expect(await copy.query('SELECT count(*) FROM things')).toEqual([{ count: '3' }])
    await copy.drop()
  }
})
