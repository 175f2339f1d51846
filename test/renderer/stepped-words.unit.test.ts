import { expect, it } from 'vitest'
import { detailFacts } from '../../src/renderer/src/parts/detail-facts.ts'
import { steppedSentence } from '../../src/renderer/src/features/stepped/stepped-words.ts'
import type { SteppedListValue, SteppedMigrationValue, SteppedView } from '../../src/shared/stepped-view.ts'

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

it('says when a migration that failed is tried again, and that it is tried once that time has come', () => {
  const version = '20240904120000'
  const connection = { id: '1', name: 'main', isIndexingEnabled: true } as NonNullable<SteppedListValue['connection']> // the rest is not read here
  const migrations = [{ version, retriesLeft: 2, status: 'in_progress', needsApproval: null }] as const
  const list: SteppedListValue = {
    ...{ connection, connections: [connection], worker: null, collections: [], haltedBy: null },
    migrations: migrations as unknown as readonly SteppedMigrationValue[],
  }
  const nextTurnAtMs = new Date(2026, 10, 20, 14, 3, 20).getTime()
  const lastRun = { reason: 'tried', version, message: '' } as const
  const view: SteppedView = { list, worker: { kind: 'on', sinceMs: 0, isStopping: false, lastRun, nextTurnAtMs } }

  expect(
    [nextTurnAtMs - 1_000, nextTurnAtMs + 1_000].map((nowMs) => steppedSentence(view, list, nowMs).sentence),
  ).toEqual(['20240904120000 failed; tried again at 14:03:20, 2 tries are left.', 'At work, one migration at a time.'])
})

it('says that a run does nothing where indexing is switched off', () => {
  const connection = { id: '1', name: 'main', isIndexingEnabled: false } as NonNullable<SteppedListValue['connection']> // the rest is not read here
  const list: SteppedListValue = {
    ...{ connection, connections: [connection], worker: null, collections: [], haltedBy: null },
    migrations: [],
  }
  const view: SteppedView = { list, worker: { kind: 'off', lastRun: null } }

  expect(steppedSentence(view, list, 0).sentence).toBe('Indexing is switched off on main: a run does nothing.')
})
