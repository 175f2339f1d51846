import { expect, it } from 'vitest'
import { resultText } from '../../src/renderer/src/features/stepped/stepped-words.ts'

it('tells what an operation found, and of a long list its first few', () => {
  const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id }))

  expect(resultText({ rows: 3920, copiedBy: 'one statement', seen: [1, 2] })).toBe(
    'rows 3920, copiedBy one statement, seen [1,2]',
  )
  expect(resultText({ withoutPartner: rows })).toBe(
    'withoutPartner {"id":1}, {"id":2}, {"id":3}, {"id":4}, {"id":5} and 2 more',
  )
})
