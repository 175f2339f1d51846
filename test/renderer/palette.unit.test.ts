import { expect, it } from 'vitest'
import { commandsOf, type Command } from '../../src/renderer/src/shell/palette/commands.ts'
import type { MigrationView } from '../../src/shared/app-state.ts'

const binding = (key: string, does: string): { key: string; does: string; act: () => void } => ({
  ...{ key, does },
  act: () => undefined,
})

function migration(id: string, status: string, { blocked = 0 } = {}): MigrationView {
  const state = { id, status, jobClassName: `Backfill${id}`, jobs: { blocked, retriable: 0 } }
  return { state, proving: null, run: null } as unknown as MigrationView // what verbs look at
}

const offer = (more: Partial<Parameters<typeof commandsOf>[0]> = {}): readonly Command[] =>
  commandsOf({ bindings: [], migrations: [], migrationId: null, definitions: [], connections: [], ...more })

it('does by itself only what is never asked for', () => {
  const statuses = ['active', 'paused', 'failed', 'finishing', 'finished', 'finalized']
  const migrations = statuses.map((status, index) => migration(String(index + 1), status, { blocked: 1 }))

  const done = offer({ migrations }).filter(({ does }) => does.kind === 'do')

  expect(done.map(({ text }) => text)).toEqual(['Verify Backfill5', 'Pause Backfill1'])
})

it('leads to the screen of what changes more', () => {
  const places = offer({ migrations: [migration('1', 'finished'), migration('2', 'failed', { blocked: 3 })] })
    .filter(({ text }) => /^(Finalize|Requeue|Delete|Retry)/.test(text))
    .map(({ text, does }) => [text, does.kind === 'go' ? does.to : does])

  expect(places).toEqual([
    ['Retry failed jobs of Backfill2…', { page: 'failures', subject: '2' }],
    ['Requeue Backfill2…', { page: 'run', subject: '2' }],
    ['Delete Backfill2…', { page: 'run', subject: '2' }],
    ['Finalize Backfill1…', { page: 'finalize', subject: '1' }],
    ['Requeue Backfill1…', { page: 'run', subject: '1' }],
    ['Delete Backfill1…', { page: 'run', subject: '1' }],
  ])
})

it('begins with the keys of the page, and with the migration that it is about', () => {
  const commands = offer({
    bindings: [
      ...[binding('g r', 'runs'), binding('.', 'actions'), binding('Mod k', 'commands')],
      ...[{ ...binding('?', 'keys'), isOfWindow: true }, binding('.', 'run now')],
    ],
    migrations: [migration('1', 'active'), migration('2', 'active')],
    migrationId: '1',
  })

  expect(commands.map(({ text }) => text)).toEqual([
    'Run now',
    ...['Pause Backfill1', 'Run Backfill1…', 'Open Backfill1, migration 1', 'Requeue Backfill1…', 'Delete Backfill1…'],
    ...['Pause Backfill2', 'Run Backfill2…', 'Open Backfill2, migration 2', 'Requeue Backfill2…', 'Delete Backfill2…'],
    'Go to runs',
    'Keys',
  ])
})
