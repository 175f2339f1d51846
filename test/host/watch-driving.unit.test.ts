import { expect, it } from 'vitest'
import { watchDriving } from '../../src/host/backend/watch-driving.ts'
import type { AppChange } from '../../src/shared/app-event.ts'
import type { MigrationView, TargetHead } from '../../src/shared/app-state.ts'

function migration(migrationId: string, view: Partial<MigrationView>): AppChange {
  const whole = { run: null, proving: null, ...view } as MigrationView // the rest is not looked at
  return { kind: 'migration', connectionId: 'c1', migrationId, migration: whole }
}

function target(schedule: 'on' | 'off' | null): AppChange {
  const head = schedule === null ? null : ({ schedule: { kind: schedule } } as TargetHead) // as above
  return { kind: 'target', connectionId: 'c1', target: head }
}

const RUNNING = { run: { end: null } } as Partial<MigrationView> // as above
const ENDED = { run: { end: { atMs: 1 } } } as Partial<MigrationView> // as above
const PROVING = { proving: { kind: 'running' } } as Partial<MigrationView> // as above

it.each<[string, readonly AppChange[], readonly boolean[]]>([
  [
    'a run',
    [migration('1', {}), migration('1', RUNNING), migration('1', RUNNING), migration('1', ENDED)],
    [true, false],
  ],
  [
    'two runs',
    [migration('1', RUNNING), migration('2', RUNNING), migration('1', ENDED), migration('2', ENDED)],
    [true, false],
  ],
  ['a proof', [migration('1', PROVING), migration('1', {})], [true, false]],
  [
    'a schedule',
    [target('off'), target('on'), migration('1', RUNNING), migration('1', ENDED), target('off')],
    [true, false],
  ],
  ['a target that is closed', [migration('1', RUNNING), target(null)], [true, false]],
])('tells begin and end of %s once', (_what, changes, told) => {
  const heard: boolean[] = []
  const watch = watchDriving((isDriving) => heard.push(isDriving))

  for (const change of changes) watch(change)

  expect(heard).toEqual(told)
})
