import { practice, run, test } from 'tranche/testing'
import definition from './fill_display_names.ts'

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, display_name text)'

// That every row of the range is visited once, that the checks hold, and that a second run changes nothing: `run` asserts it.
test('fills empty display names and keeps the others', async () => {
  const database = await practice({ schema })
  await database.insert(
    'users',
    { id: 1, username: 'ada' },
    { id: 2, username: 'grace', display_name: 'Grace Hopper' },
    { id: 9, username: 'edsger' },
  )

  await run(database, definition)

  await database.expect('SELECT id, display_name FROM users ORDER BY id', [
    { id: '1', display_name: 'ada' },
    { id: '2', display_name: 'Grace Hopper' },
    { id: '9', display_name: 'edsger' },
  ])
})
