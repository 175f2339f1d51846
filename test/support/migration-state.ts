import type { MigrationStateValue } from '../../src/shared/cli-output.ts'

/** A migration that runs well; what a test is about is given. */
export function migrationState(given: Partial<MigrationStateValue> = {}): MigrationStateValue {
  return {
    id: '1',
    jobClassName: 'Backfill',
    database: 'main',
    tableName: 'public.items',
    columns: ['id'],
    strategy: 'PrimaryKeyBatchingStrategy',
    status: 'active',
    minValue: '1',
    maxValue: '1000',
    minCursor: null,
    maxCursor: null,
    batchSize: 100,
    subBatchSize: 10,
    maxBatchSize: null,
    intervalSeconds: 120,
    pauseMs: 100,
    jobArguments: [],
    totalTupleCount: 1_000,
    createdAt: '2026-11-20T10:00:00Z',
    startedAt: '2026-11-20T10:00:01Z',
    finishedAt: null,
    onHoldUntil: null,
    jobs: { pending: 0, running: 1, retriable: 0, blocked: 0, succeeded: 4 },
    rows: { scanned: 400, changed: 390, unresolved: 0, quarantined: 0, exact: true },
    progress: { percentByKey: 40, percentByRows: 40, unknownBecause: null },
    runners: [],
    hold: null,
    definitionHash: null,
    scanRows: null,
    timeLeft: null,
    timeLeftUnknownBecause: null,
    ...given,
  }
}
