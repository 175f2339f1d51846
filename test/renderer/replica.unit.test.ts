import { expect, it } from 'vitest'
import { createReplica } from '../../src/renderer/src/state/replica.ts'
import type { AppEvent } from '../../src/shared/app-event.ts'
import type { AppSnapshot, AppState } from '../../src/shared/app-state.ts'
import { Settings } from '../../src/shared/settings.ts'

const DEFAULT_SETTINGS = Settings.parse({})

const STATE: AppState = {
  app: { version: '0', operator: 'mara', host: 'lt-114', dataFolder: '/', logFile: '/console.log' },
  settings: DEFAULT_SETTINGS,
  practice: { kind: 'stopped' },
  connections: {},
  targets: {},
}

/** A backend that answers when it is told to. */
function setup() {
  let listener: (event: unknown) => void = () => undefined
  const questions: ((snapshot: AppSnapshot) => void)[] = []
  const replica = createReplica({
    subscribe: (heard) => {
      listener = heard
      return () => undefined
    },
    snapshot: async () => new Promise((resolve) => questions.push(resolve)),
    now: () => 1_000,
  })
  const settle = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
  return {
    replica,
    questions,
    tell: (event: unknown) => {
      listener(event)
    },
    answer: async (revision: number, density: AppState['settings']['density'] = 'default') => {
      questions.shift()?.({
        backendId: 'a',
        revision,
        state: { ...STATE, settings: { ...DEFAULT_SETTINGS, density } },
      })
      await settle()
    },
    density: () => replica.store.getState().snapshot?.state.settings.density,
  }
}

function densityEvent(revision: number, density: AppState['settings']['density'], backendId = 'a'): AppEvent {
  return { kind: 'settings', settings: { ...DEFAULT_SETTINGS, density }, revision, backendId }
}

it('applies what arrived while the snapshot was on its way, and nothing that is older', async () => {
  const { answer, tell, density } = setup()
  tell(densityEvent(4, 'comfortable'))
  tell(densityEvent(5, 'compact'))

  await answer(4)

  expect(density()).toBe('compact')
})

it('asks for a new snapshot after a gap', async () => {
  const { answer, tell, density, questions } = setup()
  await answer(1)

  tell(densityEvent(3, 'compact'))

  expect(questions).toHaveLength(1)
  await answer(3, 'comfortable')
  expect(density()).toBe('comfortable')
})

it('asks for a new snapshot when another backend speaks', async () => {
  const { answer, tell, questions } = setup()
  await answer(1)

  tell(densityEvent(2, 'compact', 'b'))

  expect(questions).toHaveLength(1)
})

it('keeps what it has while the backend is lost, says since when, and asks again when it is back', async () => {
  const { answer, tell, replica, density, questions } = setup()
  await answer(1, 'compact')

  tell({ kind: 'backend_lost', message: 'gone' })
  expect(replica.store.getState().lostAtMs).toBe(1_000)
  expect(density()).toBe('compact')

  tell({ kind: 'backend_back' })
  expect(questions).toHaveLength(1)
  await answer(9, 'comfortable')
  expect([replica.store.getState().lostAtMs, density()]).toEqual([null, 'comfortable'])
})

it('tells listeners of every event, also of those that change no state', async () => {
  const { answer, tell, replica } = setup()
  await answer(1)
  const heard: string[] = []
  replica.onEvent(({ kind }) => heard.push(kind))

  tell({ kind: 'jobs', connectionId: 'c', migrationId: '1', cells: [], backendId: 'a', revision: 2 } satisfies AppEvent)

  expect(heard).toEqual(['jobs'])
})
