import { expect, it } from 'vitest'
import { quarantineText } from '../../src/cli/text/quarantine-text.ts'

const ROW = {
  ...{ id: '1', jobId: '3', key: ['42'], errorClass: 'BadRow', errorMessage: 'no name', stack: null },
  at: '2026-11-20T10:00:00Z',
}

it.each<[hasOnQuarantine: boolean | null, all: number, head: string]>([
  [false, 1, '1 row of migration 7 could not be migrated and is as before.'],
  [false, 2, '2 rows of migration 7 could not be migrated and are as before.'],
  [
    true,
    1,
    '1 row of migration 7 could not be migrated; the definition’s onQuarantine was given it, so it may have been changed.',
  ],
  [
    true,
    2,
    '2 rows of migration 7 could not be migrated; the definition’s onQuarantine was given them, so they may have been changed.',
  ],
  [null, 2, '2 rows of migration 7 could not be migrated.'],
])('tells what became of the rows: onQuarantine %s, %i', (hasOnQuarantine, all, head) => {
  const [told] = quarantineText([ROW], { id: '7', next: null, all, hasOnQuarantine }).split('\n')
  expect(told).toBe(head)
})
