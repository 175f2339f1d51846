import { expect, it } from 'vitest'
import { headlineOf } from '../../src/shared/describe-migration.ts'
import { migrationState } from '../support/migration-state.ts'

it('tells the share of the key range only once it says something', () => {
  const told = (percentByKey: number | null): string =>
    headlineOf(
      migrationState({ status: 'paused', progress: { percentByKey, percentByRows: 40, unknownBecause: null } }),
    )

  expect(told(12.3)).toContain('(40.0 %), 12.3 % of the key range.')
  expect(told(0.04)).toContain('400 of ~1 000 rows scanned (40.0 %). Nothing')
  expect(told(null)).not.toContain('key range')
})
