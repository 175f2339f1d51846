import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPublisher, type Publisher } from '../../src/host/backend/publisher.ts'
import type { AppEvent } from '../../src/shared/app-event.ts'
import type { JobCell } from '../../src/shared/job-view.ts'
import { Settings } from '../../src/shared/settings.ts'

const DEFAULT_SETTINGS = Settings.parse({})

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function setup(): { publisher: Publisher; heard: AppEvent[] } {
  const publisher = createPublisher({
    app: { version: '0', operator: 'anna', host: 'laptop', dataFolder: '/tmp', logFile: '/console.log' },
    settings: DEFAULT_SETTINGS,
    practice: { kind: 'stopped' },
    connections: {},
    targets: {},
  })
  const heard: AppEvent[] = []
  publisher.subscribe((event) => {
    heard.push(event)
  })
  return { publisher, heard }
}

function jobs(...ids: readonly string[]): Parameters<Publisher['publish']>[0] {
  const cells = ids.map((id) => ({ id, status: 'running' }) as JobCell) // the rest is not looked at here
  return { kind: 'jobs', connectionId: 'c', migrationId: '1', cells }
}

it('sends the first at once, and what follows together', () => {
  const { publisher, heard } = setup()

  for (const id of ['1', '2', '3']) publisher.publish(jobs(id))
  expect(heard).toHaveLength(1)
  vi.advanceTimersByTime(250)

  expect(heard.map((event) => event.kind === 'jobs' && event.cells.map(({ id }) => id))).toEqual([['1'], ['2', '3']])
  expect(heard.map(({ revision }) => revision)).toEqual([1, 2])
})

it('lets something urgent overtake the wait, with what waited', () => {
  const { publisher, heard } = setup()
  publisher.publish(jobs('1'))
  publisher.publish(jobs('2'))

  publisher.publish(jobs('3'), { isUrgent: true })
  vi.advanceTimersByTime(1_000)

  expect(heard.map((event) => event.kind === 'jobs' && event.cells.map(({ id }) => id))).toEqual([['1'], ['2', '3']])
})

it('has in its snapshot exactly what its events said', () => {
  const { publisher } = setup()
  publisher.publish({ kind: 'settings', settings: { ...DEFAULT_SETTINGS, theme: 'dark' } })
  publisher.publish({ kind: 'settings', settings: { ...DEFAULT_SETTINGS, theme: 'light' } })
  expect(publisher.snapshot()).toMatchObject({ revision: 1, state: { settings: { theme: 'dark' } } })

  publisher.close()

  expect(publisher.snapshot()).toMatchObject({ revision: 2, state: { settings: { theme: 'light' } } })
})
