import { expect, it } from 'vitest'
import { matchingLength } from '../../src/renderer/src/parts/phrase.ts'
import { keepTogether } from '../../src/renderer/src/parts/keep-together.ts'
import { logLine } from '../../src/renderer/src/parts/log-text.ts'
import { formatSql } from '../../src/renderer/src/parts/code/format-sql.ts'
import { unindent } from '../../src/renderer/src/parts/code/unindent.ts'
import type { LogEntry } from '../../src/shared/history-view.ts'

it('keeps a number, its groups and its unit on one line', () => {
  expect(keepTogether('1 234 567 of ~18 400 rows, 43.2 %. 38–46 min left. Job 8 of 19')).toBe(
    '1\u00a0234\u00a0567 of ~18\u00a0400 rows, 43.2\u00a0%. 38–46\u00a0min left. Job 8 of 19',
  )
})

it('knows how much of a phrase is typed right', () => {
  expect(
    ['', 'final', 'finalize X', 'finalize X ', 'Finalize X'].map((typed) => matchingLength(typed, 'finalize X')),
  ).toEqual([0, 5, 10, 10, 0])
})

it('takes the margin of a definition from its statement, and nothing else', () => {
  expect(unindent(`\n    SELECT "from", 'where' -- not here\n      FROM things\n  `)).toBe(
    `SELECT "from", 'where' -- not here\n  FROM things`,
  )
})

it('formats a statement for reading, and leaves alone what it cannot read', () => {
  expect(formatSql('update routes set namespace_id = $1 where id between $2 and $3')).toBe(
    'UPDATE routes\nSET\n  namespace_id = $1\nWHERE\n  id BETWEEN $2 AND $3',
  )
  expect(formatSql("SELECT 'no end")).toBeNull()
})

it('says in a line of the log what happened, and its first line of an error', () => {
  const entry: LogEntry = {
    entryId: '1',
    origin: 'transition',
    atMs: 0,
    migrationId: '41',
    jobId: '287',
    kind: 'job_failed',
    operator: null,
    host: null,
    details: { previousStatus: 'running', exceptionClass: 'check_violation (23514)', exceptionMessage: 'no\nCONTEXT' },
  }

  expect(logLine(entry)).toMatchObject({ who: 'runner', glyph: 'failed', lead: 'Job 287 failed' })
  expect(logLine(entry).rest).toBe(': no (check_violation (23514))')
  expect(
    logLine({ ...entry, jobId: null, kind: 'set', origin: 'journal', operator: 'mara', details: { pauseMs: 60 } }),
  ).toMatchObject({
    who: 'mara',
    lead: 'Set pause ms 60',
  })
})
