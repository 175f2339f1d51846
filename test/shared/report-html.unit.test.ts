import { expect, test } from 'vitest'
import type { CheckValue, ReportValue } from '../../src/shared/cli-output.ts'
import { reportHtml } from '../../src/shared/report-html.ts'
import { HOSTILE, report } from './a-report.ts'

test('the report is one HTML file that asks for nothing and runs nothing', () => {
  const html = reportHtml({ ...report, description: 'Fills x.', samples: [] })
  expect(html).toMatch(/^<!doctype html>\n/)
  expect(html).toContain("default-src 'none'")
  expect(html).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|url\(/)
  expect(html).toContain('<h1>Batched migration BackfillX (7)</h1>')
  expect(html).toContain('<td><strong>scanned</strong></td><td class="number"><strong>250</strong></td>')
})

test('what came from the database stands in it as text', () => {
  const at = '2026-11-20T14:00:00Z'
  const check: CheckValue = {
    ...{ name: HOSTILE, kind: 'none', holds: false, expected: HOSTILE, found: HOSTILE, rows: [], milliseconds: 1 },
    waivedBecause: HOSTILE,
  }
  const verification: ReportValue['verification'] = {
    ...{ migrationId: '7', holds: false, proven: 'nothing', checks: [check], exceptions: [], verifiedAt: at },
    ...{ newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0, isCapped: false }, definitionHash: 'abc' },
    ...{ isStale: true, staleBecause: [HOSTILE] },
  }
  const event = { id: '1', at, migrationId: '7', jobId: null, kind: 'queue', operator: HOSTILE, host: HOSTILE }
  const html = reportHtml({ ...report, verification, events: [{ ...event, details: { HOSTILE } }] })
  expect(html).not.toContain('<img')
  expect(html).not.toContain('\u001b')
  expect(html.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)?.length).toBeGreaterThan(6)
})
