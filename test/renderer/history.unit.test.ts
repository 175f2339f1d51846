import { expect, it } from 'vitest'
import { journalFile } from '../../src/renderer/src/features/history/journal-file.ts'
import { resultWords } from '../../src/renderer/src/features/history/result-words.ts'
import { historySentence } from '../../src/renderer/src/features/history/sentence.ts'
import { detailFacts } from '../../src/renderer/src/parts/detail-facts.ts'
import { logLine } from '../../src/renderer/src/parts/log-text.ts'
import type { JournalEntry } from '../../src/shared/history-view.ts'

const ENTRY: JournalEntry = {
  ...{ entryId: '1', origin: 'journal', atMs: Date.UTC(2026, 10, 20, 14, 2), migrationId: '3', jobId: null },
  ...{ kind: 'pause', operator: 'mara', host: 'lt-114', details: {}, jobClassName: 'Backfill', isEarlier: false },
}

it('does not repeat the action in its result', () => {
  const resultOf = (entry: Partial<JournalEntry>): string => resultWords(logLine({ ...ENTRY, ...entry }))

  expect([
    resultOf({ kind: 'pause' }),
    resultOf({ kind: 'run' }),
    resultOf({ kind: 'run_ended', details: { reason: 'finished' } }),
    resultOf({ kind: 'set', details: { batchSize: 200 } }),
    resultOf({ kind: 'verify', details: { holds: true, proven: 'checks' } }),
  ]).toEqual([
    'takes effect at the next sub-batch',
    'Run started',
    'finished',
    'Set batch size 200, from the next job on',
    'holds, proven by checks',
  ])
})

it('writes the journal for tables and for programs, and no formula into a table', () => {
  const entries = [
    ENTRY,
    { ...ENTRY, operator: '=cmd()', kind: 'job_failed', jobId: '7', details: { exceptionMessage: 'a "b", c' } },
  ]

  expect(journalFile(entries, 'csv').split('\r\n').slice(0, 3)).toEqual([
    'at,who,host,action,migration,jobClassName,job,result',
    '2026-11-20T14:02:00.000Z,mara,lt-114,pause,3,Backfill,,"Paused, takes effect at the next sub-batch"',
    `2026-11-20T14:02:00.000Z,'=cmd(),lt-114,job failed,3,Backfill,7,"Job 7 failed: a ""b"", c (–)"`,
  ])
  expect(JSON.parse(journalFile([ENTRY], 'json'))).toMatchObject([
    { at: '2026-11-20T14:02:00.000Z', kind: 'pause', operator: 'mara' },
  ])
})

it('says in its sentence which part is shown, and how old the copy is', () => {
  const known = { name: 'main', target: null, newestAtMs: null }
  expect(historySentence({ ...known, shown: 'archive' })).toBe('main is not open.')
})

it('tells details in words: times in the zone of the machine, answers as yes and no', () => {
  expect(
    detailFacts({ isEarly: true, until: '2026-11-20T14:02:00.222283Z', batchSize: 10_000 }).map(({ name, text }) => [
      name,
      text.length > 20 ? text.slice(0, 10) : text,
    ]),
  ).toEqual([
    ['early', 'yes'],
    ['until', '2026-11-20'],
    ['batch size', '10 000'],
  ])
})

it('tells in words what was done to stepped migrations, with their connection', () => {
  const said = (kind: string, details: JournalEntry['details']): string => {
    const { lead, rest } = logLine({ ...ENTRY, kind, details })
    return lead + rest
  }
  const one = { version: '20250619000000', connection: 'practice' }

  expect([
    said('stepped_connect', { name: 'practice', adapter: null, prefix: 'ai' }),
    said('stepped_skip', { ...one, reason: 'nobody reads it' }),
    said('stepped_approve', { ...one, gate: 'drops the table old: it is copied' }),
    said('stepped_drop', { ...one, table: 'old', wasThere: true }),
    said('stepped_reset', { migrations: 3, connection: 'practice' }),
    said('stepped_reset', one),
    // As an earlier version wrote it.
    said('stepped_retry', { version: '20250619000000' }),
  ]).toEqual([
    'Stepped migrations act on practice now',
    'Stepped migration 20250619000000 on practice skipped: nobody reads it',
    'Stepped migration 20250619000000 on practice approved: drops the table old: it is copied',
    'Stepped migration 20250619000000 on practice dropped the table old',
    '3 stepped migrations on practice reset',
    'Stepped migration 20250619000000 on practice reset, every operation runs again',
    'Stepped migration 20250619000000 got its tries back',
  ])
})
