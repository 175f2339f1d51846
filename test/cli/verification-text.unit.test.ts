import { expect, it } from 'vitest'
import { verificationText } from '../../src/cli/text/verification-text.ts'
import type { VerificationValue } from '../../src/shared/cli-output.ts'

const DOCUMENT = `--- \n${'- line of a document\n'.repeat(50)}`

function verificationOf(holds: boolean): VerificationValue {
  return {
    migrationId: '1',
    holds,
    proven: 'checks',
    checks: [
      {
        ...{ name: 'a sample is right', kind: 'rows', holds, expected: 'all', found: 'some', milliseconds: 3 },
        ...{ rows: [{ id: '7', note: null, devfile: DOCUMENT }], waivedBecause: null },
      },
    ],
    exceptions: [],
    newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0, isCapped: false },
    definitionHash: '',
    verifiedAt: '2026-01-01T00:00:00.000Z',
  }
}

it('shows each sampled row on one line, however long its documents are', () => {
  const [line = ''] = verificationText(verificationOf(true))
    .split('\n')
    .filter((each) => each.includes('id=7'))
  expect(line).toMatch(/^ +✓ id=7 note=nothing devfile=--- ⏎ - line of a document ⏎ .*…$/)
  expect(line.length).toBeLessThan(150)
})

it('shows the row of a failed check as JSON, cut where it holds a document', () => {
  const [line = ''] = verificationText(verificationOf(false))
    .split('\n')
    .filter((each) => each.includes('"id"'))
  expect(line).toMatch(/^ +\{"id":"7","note":null,"devfile":"--- .*…\}$/)
  expect(line.length).toBeLessThan(400)
})
