import { expect, it } from 'vitest'
import { commonMessage } from '../../src/renderer/src/features/failures/common-message.ts'
import { failuresSentence } from '../../src/renderer/src/features/failures/sentence.ts'
import { classWords, errorParts } from '../../src/renderer/src/parts/error-parts.ts'

it('gives a group one title, without the values in which its errors differ', () => {
  expect(commonMessage(['user 18402 is no account', 'user 18403 is no account', 'user 7 is no account'])).toBe(
    'user ‹n› is no account',
  )
  expect(commonMessage(["type 'a' of (12) is unknown", "type 'bc' of (13) is unknown"])).toBe(
    "type '‹…›' of (‹n›) is unknown",
  )
  expect(commonMessage(['timed out', 'timed out'])).toBe('timed out')
  expect(commonMessage(['row 1 is bad', 'row 2 is very bad'])).toBe('row ‹n› is bad')
  expect(commonMessage([])).toBe('')
})

it('takes an error apart as the server said it', () => {
  const message = 'violates "c"\nin two lines\nDETAIL: Failing row\nis (1).\nHINT: none\nCONTEXT: SQL statement'

  expect(errorParts(message)).toEqual([
    { name: 'message', text: 'violates "c"\nin two lines' },
    { name: 'detail', text: 'Failing row\nis (1).' },
    { name: 'hint', text: 'none' },
    { name: 'context', text: 'SQL statement' },
  ])
  expect(['check_violation (23514)', 'TypeError', 'sqlstate (XX000)'].map(classWords)).toEqual([
    '23514 check_violation',
    'TypeError',
    'XX000 sqlstate',
  ])
})

it('says what failed, what will be tried again, and what is in quarantine', () => {
  const none = { blocked: 0, reasons: 0, retriable: 0, quarantined: 0, hasGroups: false }
  const said = (more: Partial<typeof none>): string => failuresSentence({ ...none, ...more }).sentence

  expect([
    said({ blocked: 2, reasons: 1, quarantined: 3 }),
    said({ retriable: 1 }),
    said({ quarantined: 1 }),
    said({ hasGroups: true }),
    said({}),
  ]).toEqual([
    '2 jobs failed, for 1 reason.',
    '1 failed job will be tried again.',
    '1 row is in quarantine; no job is failed.',
    'No job is failed now; what failed before is below.',
    'No job of this migration has failed.',
  ])
})
