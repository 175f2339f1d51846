import { expect, test } from 'vitest'
import type { ReportValue } from '../../src/shared/cli-output.ts'
import { escapeMarkdown, fencedBlock, inlineCode } from '../../src/shared/escape-markdown.ts'
import { reportMarkdown } from '../../src/shared/report-markdown.ts'

const HOSTILE = 'a|b `c`\n<img src=x onerror=alert(1)> **d** [e](http://f) @everyone #1 \u001b[31m &amp; \\'

const report: ReportValue = {
  migration: {
    id: '7',
    database: 'main',
    jobClassName: 'BackfillX',
    tableName: 'public.things',
    columns: ['id'],
    strategy: 'PrimaryKeyBatchingStrategy',
    status: 'finished',
    minValue: '1',
    maxValue: '250',
    minCursor: null,
    maxCursor: null,
    batchSize: 100,
    subBatchSize: 20,
    maxBatchSize: null,
    intervalSeconds: 0,
    pauseMs: 0,
    jobArguments: ['x'],
    totalTupleCount: 1234,
    createdAt: '2026-11-20T14:00:00.000000Z',
    startedAt: '2026-11-20T14:00:00.000000Z',
    finishedAt: '2026-11-20T14:01:05.000000Z',
    onHoldUntil: null,
    jobs: { pending: 0, running: 0, retriable: 0, blocked: 0, succeeded: 3 },
    rows: { scanned: 250, changed: 200, unresolved: 25, quarantined: 5, exact: true },
    progress: { percentByKey: 100, percentByRows: 100, unknownBecause: null },
    runners: [],
    hold: null,
    timeLeft: null,
    timeLeftUnknownBecause: 'nothing is left to do',
    definitionHash: 'abc',
    scanRows: null,
    failure: null,
    unresolvedReasons: {},
    schedule: { schedulers: [], isOn: true, dueInSeconds: null, tableHeldBy: null },
    isAttached: false,
  },
  archived: null,
  description: HOSTILE,
  target: { database: 'app', server: 'app on db:5432 as anna', serverVersion: '18.4' },
  generatedAt: '2026-11-20T15:00:00.000Z',
  timing: {
    queuedAt: '2026-11-20T14:00:00.000000Z',
    startedAt: '2026-11-20T14:00:00.000000Z',
    finishedAt: '2026-11-20T14:01:05.000000Z',
    workSeconds: 60,
    rowsPerSecond: 4.2,
  },
  failures: { groups: [], jobs: [] },
  verification: null,
  samples: [
    { key: ['1'], before: { id: '1', name: null, other: 1 }, after: { id: '1', name: HOSTILE, other: 1 } },
    { key: ['2'], before: { id: '2', name: 'same', other: 1 }, after: { id: '2', name: 'same', other: 1 } },
    { key: ['3'], before: { id: '3', name: '', other: 1 }, after: null },
  ],
  sampleColumns: null,
  events: [],
}

test('rows add up to what was scanned', () => {
  const text = reportMarkdown(report)
  expect(text).toContain(
    '| **scanned** | **250** |\n| changed | 200 |\n| unchanged | 20 |\n| unresolved | 25 |\n| quarantined | 5 |',
  )
  const more = { ...report, migration: { ...report.migration, rows: { ...report.migration.rows, changed: 999 } } }
  expect(reportMarkdown(more)).toContain('| unchanged | 0 |')
})

test('before and after show changed columns only, and what became of each row', () => {
  const text = reportMarkdown(report)
  expect(text).toContain('| id | name before | name after |')
  expect(text).toContain('| `2` | `same` | `same` |')
  expect(text).toContain('| `3` | *empty* | *row is gone* |')
  expect(text).toContain('1 sampled row is as before.')
  expect(text).not.toContain('other before')
})

test('what comes from a database cannot leave its cell, start a tag, or call anybody', () => {
  const text = reportMarkdown(report)
  const [row = ''] = text.split('\n').filter((line) => line.startsWith('| `1`'))
  expect(row.split('|')).toHaveLength(5)
  for (const trap of ['<img', '@everyone', '[e](http', '\u001b']) expect(text).not.toContain(trap)
  expect(text.split('\n')[4]).toBe(
    'a\\|b \\`c\\` &lt;img src=x onerror=alert(1)&gt; \\*\\*d\\*\\* \\[e\\](http://f) &#64;everyone &#35;1 \\[31m &amp;amp; \\\\',
  )
})

test('escaping', () => {
  expect(escapeMarkdown(' a\r\nb\t c ')).toBe('a b c')
  expect(inlineCode('plain')).toBe('`plain`')
  expect(inlineCode('a|`b`')).toBe('<code>a&#124;&#96;b&#96;</code>')
  expect(inlineCode('')).toBe('')
  expect(fencedBlock('x\n````\ny')).toBe('`````\nx\n````\ny\n`````')
})

test('a proof says what it proves, what was waived, and that it is stale', () => {
  const check = {
    kind: 'count',
    holds: true,
    expected: '0',
    found: '0',
    rows: [],
    milliseconds: 12,
    waivedBecause: null,
  } as const
  const verification: ReportValue['verification'] = {
    migrationId: '7',
    holds: true,
    proven: 'checks',
    checks: [
      { ...check, name: 'good' },
      { ...check, name: 'bad', holds: false, found: '1', waivedBecause: 'known' },
    ],
    exceptions: [{ name: 'nameless', why: 'nothing to do', count: 25, rows: [] }],
    newAfterQueueing: { aboveMaximum: 3, betweenJobs: 0, isCapped: false },
    definitionHash: 'abc',
    verifiedAt: '2026-11-20T14:30:00.000000Z',
    isStale: true,
    staleBecause: ['the table was written since'],
  }
  const text = reportMarkdown({ ...report, verification })
  expect(text).toContain('Holds: 2 checks, 1 of them waived.')
  expect(text).toContain('**Stale**: the table was written since.')
  expect(text).toContain('| ✓ | good | 0 | 0 | 12 ms |\n| ✕ waived | bad | 0 | 1 | 12 ms |')
  expect(text).toContain('- bad: known')
  expect(text).toContain('| nameless | 25 | nothing to do |')
  expect(text).toContain('New after queueing: 3 above the maximum of the range')
  expect(reportMarkdown({ ...report, verification: { ...verification, proven: 'coverage-only' } })).toContain(
    'Coverage only',
  )
})
