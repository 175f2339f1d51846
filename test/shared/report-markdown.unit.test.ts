import { expect, test } from 'vitest'
import type { ReportValue } from '../../src/shared/cli-output.ts'
import { escapeMarkdown, fencedBlock, inlineCode } from '../../src/shared/escape-markdown.ts'
import { reportMarkdown } from '../../src/shared/report-markdown.ts'
import { report } from './a-report.ts'

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
