import { createContext } from 'svelte'
import type { MigrationView } from '../../../shared/app-state.ts'
import type { VerificationView } from '../../../shared/finalize-view.ts'
import { Loaded } from './loaded.svelte.ts'
import type { Console } from './console.svelte.ts'

/** The migration that a page is about, with its last proof; shared by the track and the four steps. */
export class MigrationInView {
  readonly console: Console
  readonly connectionId: string
  readonly migrationId: string
  readonly proof = new Loaded<VerificationView | null>()

  constructor(console: Console, connectionId: string, migrationId: string) {
    this.console = console
    this.connectionId = connectionId
    this.migrationId = migrationId
  }

  get view(): MigrationView | null {
    return this.console.state.targets[this.connectionId]?.migrations[this.migrationId] ?? null
  }

  get of(): { readonly connectionId: string; readonly migrationId: string } {
    return { connectionId: this.connectionId, migrationId: this.migrationId }
  }

  async readProof(): Promise<void> {
    await this.proof.load(async () => this.console.api('verification.last', this.of))
  }
}

/** A box: the page stays while the migration in its address changes. */
export const [getMigration, setMigration] = createContext<{ readonly current: MigrationInView }>()
