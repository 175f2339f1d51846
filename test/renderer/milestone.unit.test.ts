import { expect, it } from 'vitest'
import { milestoneOf, type Standing } from '../../src/renderer/src/shell/milestone.ts'
import type { MigrationView } from '../../src/shared/app-state.ts'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { Hold } from '../../src/shared/health.ts'
import { migrationState } from '../support/migration-state.ts'

const HOLD: Hold = {
  ...{ until: '2026-11-20T10:05:00Z', since: '2026-11-20T10:00:00Z', indicator: 'lock_waits', value: 5, limit: 2 },
  ...{ reason: 'a lock is waited for since 5 s', unit: 'seconds' },
}
const JOBS = { pending: 0, running: 1, retriable: 0, blocked: 0, succeeded: 4 }

function standing(
  state: Partial<MigrationStateValue> = {},
  given: Partial<Pick<MigrationView, 'proving'>> & { readonly silentSinceMs?: number } = {},
): Standing {
  const { silentSinceMs = null, proving = null } = given
  return { view: { state: migrationState(state), readAtMs: 0, run: null, proving }, silentSinceMs }
}

const ACTIVE = standing()
const VERIFYING = { kind: 'running', what: 'verify', sinceMs: 1, step: null, checks: [], statements: [] } as const

it.each<[told: string | null, before: Standing, now: Standing]>([
  [null, ACTIVE, standing({ rows: { scanned: 450, changed: 440, unresolved: 0, quarantined: 0, exact: true } })],
  ['50 percent.', ACTIVE, standing({ progress: { percentByKey: 51, percentByRows: 51, unknownBecause: null } })],
  ['Jobs have failed.', ACTIVE, standing({ jobs: { ...JOBS, blocked: 1 } })],
  [null, standing({ jobs: { ...JOBS, blocked: 1 } }), standing({ jobs: { ...JOBS, blocked: 2 } })],
  ['Paused.', ACTIVE, standing({ status: 'paused' })],
  ['Resumed.', standing({ status: 'paused' }), ACTIVE],
  ['Migration finished.', ACTIVE, standing({ status: 'finished' })],
  ['The hold ended.', standing({ hold: HOLD }), ACTIVE],
  [null, standing({ hold: HOLD }), standing({ hold: { ...HOLD, until: '2026-11-20T10:15:00Z' } })],
  [null, ACTIVE, standing({}, { proving: VERIFYING })],
  [
    'Verified: it holds.',
    standing({}, { proving: VERIFYING }),
    standing({}, { proving: { kind: 'done', what: 'verify', atMs: 2, holds: true } }),
  ],
  [
    'Verified: it does not hold.',
    standing({}, { proving: { kind: 'done', what: 'verify', atMs: 1, holds: false } }),
    standing({}, { proving: { kind: 'done', what: 'verify', atMs: 2, holds: false } }),
  ],
  [
    'Verifying failed.',
    standing({}, { proving: VERIFYING }),
    standing(
      {},
      { proving: { kind: 'failed', what: 'verify', atMs: 2, error: new TrancheError('unexpected', 'gone') } },
    ),
  ],
  ['Answers again. Migration active.', standing({}, { silentSinceMs: 1 }), ACTIVE],
  ['Answers again. Paused.', standing({}, { silentSinceMs: 1 }), standing({ status: 'paused' })],
  [null, standing({}, { silentSinceMs: 1 }), standing({}, { silentSinceMs: 2 })],
  [null, ACTIVE, standing({ id: '2', status: 'finished' })],
])('tells those who listen %j', (told, before, now) => {
  expect(milestoneOf(before, now)).toBe(told)
})

it('tells those who listen why a migration is held, and since when nothing answers', () => {
  expect(milestoneOf(ACTIVE, standing({ hold: HOLD }))).toMatch(/^On hold until .* — a lock is waited for since 5 s\./)
  expect(milestoneOf(ACTIVE, standing({}, { silentSinceMs: 1 }))).toMatch(/^No answer since \d\d:\d\d:\d\d\.$/)
})
