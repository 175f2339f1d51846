import { expect, it } from 'vitest'
import { detailFacts } from '../../src/renderer/src/parts/detail-facts.ts'
import { steppedShown } from '../../src/renderer/src/parts/stepped-shown.ts'
import { resultFacts } from '../../src/renderer/src/features/stepped/stepped-results.ts'
import {
  partsNaming,
  skippedText,
  steppedSentence,
  vectorHint,
  withoutShown,
} from '../../src/renderer/src/features/stepped/stepped-words.ts'
import type {
  SteppedListValue,
  SteppedMigrationValue,
  SteppedRunValue,
  SteppedWorkView,
} from '../../src/shared/stepped-view.ts'

const FIRST = '20240904120000'
const SECOND = '20250123143913'
const NEXT = new Date(2026, 10, 20, 14, 3, 20).getTime()
const OFF: SteppedWorkView = { kind: 'off', lastRun: null }

function migration(values: Partial<SteppedMigrationValue> = {}): SteppedMigrationValue {
  return {
    ...{ version: FIRST, name: 'SwitchTables', file: null, problem: null, milestone: null, description: null },
    ...{ status: 'pending', retriesLeft: 3, startedAt: null, completedAt: null, errorMessage: null },
    ...{ skippedBecause: null, skippedBy: null, needsApproval: null, approved: null, waitsFor: null },
    ...{ operations: [], hasDrifted: false },
    ...values,
  }
}

function listOf(
  migrations: readonly SteppedMigrationValue[],
  { isIndexingEnabled = true, ...values }: Partial<SteppedListValue> & { readonly isIndexingEnabled?: boolean } = {},
): SteppedListValue {
  const connection = {
    ...{ id: '1', name: 'main', isActive: true, adapter: null, prefix: 'ai', vectorStorage: 'real' as const },
    isIndexingEnabled,
  }
  return {
    ...{ connection, connections: [connection], worker: null, collections: [], haltedBy: null },
    ...{ lastRun: null, newestLogId: null, migrations },
    ...values,
  }
}

function resting(reason: SteppedRunValue['reason'], version: string | null = FIRST): SteppedWorkView {
  const lastRun = { reason, version, message: '' }
  return { kind: 'on', sinceMs: 0, isStopping: false, lastRun, nextTurnAtMs: NEXT }
}

function said(list: SteppedListValue, worker: SteppedWorkView = OFF, nowMs = NEXT - 1_000): string {
  return steppedSentence({ list, worker }, list, nowMs).sentence
}

const BROKEN = { line: 2, message: "imports 'node:fs'", remedy: 'Correct the file, then run again.' }
const DROPS = 'drops the table old_notes: its rows are elsewhere'

it('tells in words what an operation found, and of a long list its first few', () => {
  const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id }))

  expect(
    detailFacts({
      rows: 3920,
      copiedBy: 'one statement',
      is_repeated: false,
      seen: [1, 2],
      withoutPartner: rows,
      none: [],
    }),
  ).toEqual([
    { name: 'rows', text: '3 920' },
    { name: 'copied by', text: 'one statement' },
    { name: 'repeated', text: 'no' },
    { name: 'seen', text: '1; 2' },
    { name: 'without partner', text: 'id 1; id 2; id 3; id 4; id 5 and 2 more' },
    { name: 'none', text: 'none' },
  ])
})

it('names what an operation found as a person would, with every row of it that is kept', () => {
  const withoutPartnerRows = [1, 2, 3, 4, 5, 6].map((id) => ({ id, agent_id: id * 10 }))

  expect(
    resultFacts({ wasThere: false, rows: 11_760, withoutPartner: 240, withoutPartnerRows, rowCounts: [1] }),
  ).toEqual([
    { name: 'table was there before', text: 'no', rows: null },
    { name: 'rows in both tables', text: '11 760', rows: null },
    {
      name: 'rows without a partner',
      text: '240',
      rows: {
        summary: 'the first 6',
        lines: [1, 2, 3, 4, 5, 6].map((id) => `id ${String(id)}, agent id ${String(id * 10)}`),
      },
    },
    { name: 'rows of each statement', text: '1', rows: null },
  ])
  expect(resultFacts({ withoutPartner: 0, withoutPartnerRows: [] })).toEqual([
    { name: 'rows without a partner', text: '0', rows: null },
  ])
})

it('finds the batched migration that a text names', () => {
  expect(partsNaming('its batched migration 5 is paused')).toEqual([
    { text: 'its ', migrationId: null },
    { text: 'batched migration 5', migrationId: '5' },
    { text: ' is paused', migrationId: null },
  ])
})

it('shows one word for each standing: only what a gate holds back waits for approval', () => {
  const word = (values: Partial<SteppedMigrationValue>): string => steppedShown(migration(values)).word
  const approved = { by: 'mara', at: '2026-11-20T14:02:00Z' }

  expect([
    word({ status: null, needsApproval: DROPS }),
    word({ status: 'pending', needsApproval: DROPS }),
    word({ status: 'skipped', skippedBy: 'gate', needsApproval: DROPS }),
    word({ status: 'skipped', skippedBy: 'definition' }),
    word({ status: 'pending', approved }),
    word({ status: 'completed', approved }),
    word({ status: 'in_progress', waitsFor: 'its batched migration 5 is paused' }),
    word({ status: null, problem: BROKEN }),
    word({ status: 'skipped', skippedBy: 'operator', problem: BROKEN }),
    word({ status: 'failed', needsApproval: DROPS }),
  ]).toEqual([
    'waits for approval',
    'waits for approval',
    'waits for approval',
    'skipped',
    'approved, pending',
    'completed',
    'in progress, waits',
    'file cannot be used',
    'skipped',
    'failed',
  ])
})

it('says when a migration that failed will be tried again, and that it is tried once that time has come', () => {
  const list = listOf([migration({ status: 'in_progress', retriesLeft: 2 })])

  expect([NEXT - 1_000, NEXT + 1_000].map((nowMs) => said(list, resting('tried'), nowMs))).toEqual([
    '20240904120000 failed; will be tried again at 14:03:20, 2 tries are left.',
    'At work, one migration at a time.',
  ])
})

it('speaks no more of a failed one that was skipped while it waited for its next try', () => {
  const skipped = migration({ status: 'skipped', skippedBy: 'operator' })

  expect(said(listOf([skipped, migration({ version: SECOND })]), resting('tried'))).toBe(
    '1 stepped migration to do; next run at 14:03:20.',
  )
  expect(said(listOf([skipped]), resting('tried'))).toBe('Nothing to do now; next run at 14:03:20.')
})

it('says that everything is halted by a file that cannot be used, once nothing is left before it', () => {
  const broken = migration({ version: SECOND, status: null, problem: BROKEN })
  const behind = migration({ version: '20250303000000' })

  expect(said(listOf([migration({ status: 'completed' }), broken, behind]))).toBe(
    `Halted: the file of ${SECOND} cannot be used, and nothing behind it is run.`,
  )
  expect(said(listOf([migration(), broken, behind]))).toBe(
    `1 stepped migration to do up to ${SECOND}, whose file cannot be used. Run begins with ${FIRST}.`,
  )
  expect(said(listOf([migration({ ...broken, status: 'skipped', skippedBy: 'operator' })]))).toBe(
    'Nothing is left to do.',
  )
})

it('says what a partial migration waits for, whether this console works on it or not', () => {
  const list = listOf([migration({ status: 'in_progress', waitsFor: 'its batched migration 5 is paused' })])

  expect([said(list), said(list, resting('partial'))]).toEqual([
    `${FIRST} waits: its batched migration 5 is paused. Run takes it up again.`,
    `${FIRST} waits: its batched migration 5 is paused. Next run at 14:03:20.`,
  ])
})

it('says that a run is needed for what is left, and who works on it elsewhere', () => {
  const worker = {
    ...{ runnerId: 'a', operator: 'lea', host: 'ci-7', pid: 4, heartbeatAt: '2026-11-20T14:02:00Z' },
    isLive: true,
  }

  expect(said(listOf([migration(), migration({ version: SECOND })]))).toBe(
    `2 stepped migrations to do. Run begins with ${FIRST}.`,
  )
  expect(said(listOf([migration()], { worker }))).toBe('lea on ci-7 works on them; this console looks on.')
  expect(said(listOf([migration({ status: 'skipped', skippedBy: 'gate', needsApproval: DROPS })]))).toBe(
    'Done, but for 1 migration that waits for approval.',
  )
})

it('says that a run does nothing where indexing is switched off', () => {
  const list = listOf([migration()], { isIndexingEnabled: false })

  expect([said(list), said(list, resting('disabled', null))]).toEqual([
    'Indexing is switched off on main: a run does nothing.',
    'Indexing is switched off on main: the run at 14:03:20 does nothing.',
  ])
})

it('says once why a migration was passed over, and by whom', () => {
  const skipped = { status: 'skipped' } as const

  expect([
    skippedText(migration({ ...skipped, skippedBy: 'operator', skippedBecause: 'mara: not here' })),
    skippedText(migration({ ...skipped, skippedBy: 'definition', skippedBecause: 'there is nothing to do' })),
    skippedText(migration({ ...skipped, skippedBy: 'gate', skippedBecause: 'waits', needsApproval: DROPS })),
  ]).toEqual(['Skipped by mara: not here', 'Skipped: there is nothing to do', null])
})

it('sends to the connection only where it can be changed', () => {
  const failed = migration({ status: 'failed', errorMessage: 'Error: vector is not available on this server' })

  const [free, atWork] = [false, true].map((isAtWork) => ({ vectorStorage: 'vector' as const, isAtWork }))

  expect([free, atWork].map((where) => where && vectorHint(failed, where))).toEqual([
    'Choose real[] under Connection…, then retry.',
    'Stop the worker to choose real[] under Connection…, then retry.',
  ])
  expect([
    vectorHint({ ...failed, status: 'completed' }, { vectorStorage: 'vector', isAtWork: false }),
    vectorHint(failed, { vectorStorage: 'real', isAtWork: false }),
  ]).toEqual([null, null])
})

it('does not say a long error again in the sentence above it', () => {
  const error = 'target_unreachable: cannot connect to away on 127.0.0.1:1 (ECONNREFUSED)'

  expect(withoutShown(`migration ${FIRST} failed: ${error}`, [null, error])).toBe(
    `migration ${FIRST} failed: the error as shown`,
  )
  expect(withoutShown(`migration ${FIRST} failed: another`, [error, null])).toBe(`migration ${FIRST} failed: another`)
})
