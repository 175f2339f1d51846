import { expect, it } from 'vitest'
import { migrationShown } from '../../src/renderer/src/parts/status.ts'
import type { MigrationView } from '../../src/shared/app-state.ts'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import { migrationState } from '../support/migration-state.ts'

const viewOf = (state: Partial<MigrationStateValue>): MigrationView => ({
  ...{ state: migrationState(state), readAtMs: 0, run: null, proving: null },
})

it('shows nothing of GitLab’s own tables as driven from here', () => {
  expect(migrationShown(viewOf({ status: 'finalizing', isAttached: true }))).toMatchObject({
    word: 'finalizing in GitLab',
    isMoving: false,
  })
  expect(migrationShown(viewOf({ status: 'active', isAttached: true })).isMoving).toBe(false)
  expect(migrationShown(viewOf({ status: 'finalizing' }))).toMatchObject({ word: 'finalizing', isMoving: true })
})
