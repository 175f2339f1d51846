import { expect, it } from 'vitest'
import { namedPractice } from '../../../src/host/practice/practice-url.ts'

it('lets no PG* variable fill the gaps of the practice URL', () => {
  const env = {
    TRANCHE_PRACTICE_URL: 'postgresql:///practice',
    PGHOST: 'db.production',
    PGPASSWORD: 'secret',
    HOME: '/home/anna',
  }

  expect(namedPractice(env)).toEqual({ url: 'postgresql:///practice', env: { HOME: '/home/anna' } })
})

it('is nothing where the variable is not set, or empty', () => {
  expect([namedPractice({}), namedPractice({ TRANCHE_PRACTICE_URL: '' })]).toEqual([null, null])
})
