import { expect, it } from 'vitest'
import type { AppEvent } from '../../src/shared/app-event.ts'
import { applyEvent, type AppSnapshot } from '../../src/shared/app-state.ts'
import { Settings } from '../../src/shared/settings.ts'

const DEFAULT_SETTINGS = Settings.parse({})

const SNAPSHOT: AppSnapshot = {
  backendId: 'b1',
  revision: 7,
  state: {
    app: { version: '0.0.0', operator: 'anna', host: 'laptop', dataFolder: '/tmp', logFile: '/console.log' },
    settings: DEFAULT_SETTINGS,
    practice: { kind: 'stopped' },
    connections: {},
    targets: {},
  },
}

function settingsEvent(revision: number, backendId = 'b1'): AppEvent {
  return { kind: 'settings', settings: { ...DEFAULT_SETTINGS, theme: 'dark' }, backendId, revision }
}

it('applies the next event', () => {
  expect(applyEvent(SNAPSHOT, settingsEvent(8))).toMatchObject({ revision: 8, state: { settings: { theme: 'dark' } } })
})

it('leaves out what the snapshot holds already', () => {
  expect(applyEvent(SNAPSHOT, settingsEvent(7))).toBe(SNAPSHOT)
})

it('says that an event is missing, and that the backend is another one', () => {
  expect([applyEvent(SNAPSHOT, settingsEvent(9)), applyEvent(SNAPSHOT, settingsEvent(8, 'b2'))]).toEqual([null, null])
})
