/** The whole console on one of its pages, over a backend of the test's. */
import { render } from '@testing-library/svelte'
import axe from 'axe-core'
import { expect, vi } from 'vitest'
import App from '../../../src/renderer/src/App.svelte'
import { createReplica } from '../../../src/renderer/src/state/replica.ts'
import type { AppState, LiveRun, MigrationView } from '../../../src/shared/app-state.ts'
import type { MigrationStateValue } from '../../../src/shared/cli-output.ts'
import type { Environment } from '../../../src/shared/confirmations.ts'
import { createClient } from '../../../src/shared/contract.ts'
import { Settings } from '../../../src/shared/settings.ts'
import { migrationState } from '../../support/migration-state.ts'
import { type Answers, type FakeBackend, fakeBackend } from './fake-backend.ts'

const CONNECTION_ID = 'c1'

interface Opened {
  /** `queue/Backfill`, `failures/1` */
  readonly place: string
  readonly answers?: Answers
  readonly environment?: Environment
  readonly migrations?: readonly Partial<MigrationStateValue>[]
  /** What this console drives of the first of them. */
  readonly run?: LiveRun
}

/** On one open target; shown once nothing is on its way. */
export async function openConsole({ place, answers = {}, ...given }: Opened): Promise<FakeBackend> {
  window.history.replaceState(null, '', `#/${CONNECTION_ID}/${place}`)
  const backend = fakeBackend(stateOf(given), { 'migrations.watch': async () => null, ...answers })
  const api = createClient(backend.transport)
  const replica = createReplica({
    subscribe: (listener) => backend.transport.subscribe(listener),
    snapshot: async () => api('app.snapshot'),
    now: () => Date.now(),
  })
  render(App, { api, replica })
  await settle()
  return backend
}

/** Lets answers that are on their way arrive. No time passes. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
}

/** Lets time pass for the page. */
export async function rest(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds)
}

/** Without colours: those need a layout, and are looked at in Chromium. */
export async function expectAccessible(): Promise<void> {
  vi.useRealTimers()
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } })
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))).toEqual([])
}

function stateOf({ environment = 'staging', migrations = [], run }: Omit<Opened, 'place' | 'answers'>): AppState {
  const views = migrations.map((migration, index): MigrationView => {
    return { state: migrationState(migration), readAtMs: 0, run: index === 0 ? (run ?? null) : null, proving: null }
  })
  return {
    app: { version: '0.0.0', operator: 'mara', host: 'lt-114', dataFolder: '/', logFile: '/console.log' },
    settings: Settings.parse({}),
    practice: { kind: 'stopped' },
    connections: {
      [CONNECTION_ID]: {
        connectionId: CONNECTION_ID,
        name: 'main',
        environment,
        host: 'db.example',
        port: 5_432,
        database: 'shop',
        user: 'mara',
        sslmode: null,
        hasPassword: true,
        passwordCommand: null,
        catalogueFolder: '/catalogue',
        trackingSchema: 'tranche',
        logicalDatabase: 'main',
        otherDatabases: {},
        isPractice: false,
        createdAtMs: 0,
        lastOpenedAtMs: 0,
        warnings: [],
      },
    },
    targets: {
      [CONNECTION_ID]: {
        connectionId: CONNECTION_ID,
        link: { kind: 'connected', sinceMs: 0 },
        server: { version: '17.2', role: 'mara', isStandby: false, isReadOnly: false, isPooled: false },
        isInstalled: true,
        isAttached: false,
        problem: null,
        readAtMs: 0,
        schedule: { kind: 'off' },
        stepped: { list: null, worker: { kind: 'off', lastRun: null } },
        migrations: Object.fromEntries(views.map((view) => [view.state.id, view])),
      },
    },
  }
}
