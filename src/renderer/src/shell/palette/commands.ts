/**
 * What the palette offers: verbs first. It does by itself only what is never asked for (confirmations.ts): pausing, verifying,
 * the keys of the page. A verb that changes more leads to the screen that shows what it would do.
 */
import type { MigrationView } from '../../../../shared/app-state.ts'
import type { CatalogueEntry } from '../../../../shared/catalogue-view.ts'
import type { ConnectionView } from '../../../../shared/connection-view.ts'
import { isPastRun } from '../../../../shared/status.ts'
import type { KeyBinding } from '../../state/keys.svelte.ts'
import type { Go } from '../../state/router.svelte.ts'

export const GROUPS = ['On this page', 'Migrations', 'Queue', 'Places', 'Connections', 'Window'] as const

/** It opens the palette, and closes it. */
export const PALETTE_KEY = 'Mod k'

export interface Command {
  readonly id: string
  readonly group: (typeof GROUPS)[number]
  readonly text: string
  /** As the sheet of keys shows it. */
  readonly key: string | null
  readonly does: Deed
}

/** `do` is done at once, `go` only leads there. */
export type Deed =
  | { readonly kind: 'go'; readonly to: Go }
  | { readonly kind: 'key'; readonly binding: KeyBinding }
  | { readonly kind: 'do'; readonly verb: 'pause' | 'verify'; readonly migrationId: string }

interface Offered {
  readonly bindings: readonly KeyBinding[]
  /** Of the open target, oldest first. */
  readonly migrations: readonly MigrationView[]
  /** The migration that the page is about comes first. */
  readonly migrationId: string | null
  readonly definitions: readonly CatalogueEntry[]
  readonly connections: readonly ConnectionView[]
}

export function commandsOf(offered: Offered): readonly Command[] {
  const { migrations, migrationId, definitions, connections } = offered
  const keys = keysOf(offered.bindings)
  const byNeed = migrations
    .toReversed()
    .toSorted((a, b) => Number(b.state.id === migrationId) - Number(a.state.id === migrationId))
  return [
    ...keys.filter(({ group }) => group === 'On this page'),
    ...byNeed.flatMap(verbsOf),
    ...definitions.map(({ jobClassName }): Command => ({
      ...{ id: `queue ${jobClassName}`, group: 'Queue', text: `Queue ${jobClassName}…`, key: null },
      does: { kind: 'go', to: { page: 'queue', subject: jobClassName } },
    })),
    ...keys.filter(({ group }) => group === 'Places'),
    ...connections.map(({ connectionId, name, environment }): Command => ({
      ...{ id: `open ${connectionId}`, group: 'Connections', text: `Open ${name}, ${environment}`, key: null },
      does: { kind: 'go', to: { page: 'catalogue', connectionId } },
    })),
    ...keys.filter(({ group }) => group === 'Window'),
  ]
}

/** The newest of a key acts. Chords lead to places. */
function keysOf(bindings: readonly KeyBinding[]): readonly Command[] {
  return [...new Map(bindings.map((binding) => [binding.key, binding])).values()]
    .filter(({ key }) => key !== PALETTE_KEY)
    .map((binding) => {
      const { key, does, isOfWindow = false } = binding
      const group = key.startsWith('g ') ? 'Places' : isOfWindow ? 'Window' : 'On this page'
      const text = group === 'Places' ? `Go to ${does}` : capital(does)
      return { id: `key ${key}`, group, text, key, does: { kind: 'key', binding } }
    })
}

function verbsOf({ state }: MigrationView): readonly Command[] {
  const { id, status, jobs, jobClassName } = state
  const command = (verb: string, does: Deed, more = ''): Command => ({
    ...{ id: `${verb} ${id}`, group: 'Migrations', key: null, does },
    text: `${verb} ${jobClassName}${more}`,
  })
  const go = (page: 'run' | 'failures' | 'verify' | 'finalize'): Deed => ({ kind: 'go', to: { page, subject: id } })
  const isDone = isPastRun(status)
  return [
    ...(status === 'active' ? [command('Pause', { kind: 'do', verb: 'pause', migrationId: id })] : []),
    ...(jobs.blocked > 0 ? [command('Retry failed jobs of', go('failures'), '…')] : []),
    ...(status === 'active' ? [command('Run', go('run'), '…')] : []),
    ...(status === 'paused' ? [command('Resume', go('run'), '…')] : []),
    ...(status === 'finished' ? [command('Verify', { kind: 'do', verb: 'verify', migrationId: id })] : []),
    ...(status === 'finished' ? [command('Finalize', go('finalize'), '…')] : []),
    command('Open', go('run'), `, migration ${id}`),
    ...(jobs.blocked + jobs.retriable > 0 ? [command('Failures of', go('failures'))] : []),
    ...(isDone ? [command('Proof of', go('verify'))] : []),
    ...(status === 'finalized' ? [] : [command('Requeue', go('run'), '…'), command('Delete', go('run'), '…')]),
  ]
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
