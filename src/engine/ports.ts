/** What the engine asks of its host. Tests pass their own clock, randomness and transformer; nothing else is ever faked. */
import type { JobArguments, LoadedDefinition, Log } from '../catalogue/definition.ts'
import type { BrokenSteppedFile, LoadedSteppedMigration } from '../catalogue/stepped/definition.ts'
import type { Target } from './target/open-target.ts'

export interface Clock {
  now(): Date
  /** Resolves after `milliseconds`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export interface Logger {
  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  uuid(): string
}

/** Who drives, as written to runners, events and application_name. */
export interface Identity {
  readonly operator: string
  readonly host: string
  /** Changes when the machine restarts; null where the platform does not tell. */
  readonly bootId: string | null
  readonly pidNamespace: string | null
  readonly pid: number
  /** Start time of the process, so that a reused pid is not mistaken for it; null where unknown. */
  readonly pidStart: string | null
  readonly version: string
}

/** Whether a process of this very host still exists; undefined where the platform does not tell. */
export interface ProcessTable {
  isAlive(pid: number, pidStart: string): boolean | undefined
}

export type TransformOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'unresolved'; readonly reason: string }
  | { readonly kind: 'raised'; readonly errorClass: string; readonly message: string; readonly stack: string }

/** Runs a definition's `transform` over rows, in worker threads of the host. Outcomes are in the order of the rows. */
export interface RowTransformer {
  transform(
    definition: LoadedDefinition,
    rows: readonly Record<string, unknown>[],
    context: TransformRequest,
  ): Promise<readonly TransformOutcome[]>
}

export interface TransformRequest {
  readonly args: JobArguments
  /** As given at queue time, for a pool that parses them anew. */
  readonly jobArguments: readonly unknown[]
  /** Aborted: the promise rejects with its reason, soon. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** The operator's catalogue, by job class name. */
export interface DefinitionSource {
  find(jobClassName: string): LoadedDefinition | undefined
  list(): readonly LoadedDefinition[]
  /** Releases at which an upgrade must stop, as the catalogue tells them. */
  readonly requiredStops?: readonly string[]
  /** Absent or null: no catalogue is open, so that nothing may be concluded from what is not there. */
  stepped?(): SteppedSource | null
  /** Brings it up to date with its files. Throws catalogue_missing. */
  refresh?(): Promise<void>
}

/** The stepped migrations of the operator's catalogue. */
export interface SteppedSource {
  /** By version. */
  readonly migrations: readonly LoadedSteppedMigration[]
  /** Files that are there and cannot be used: their records stay, and nothing passes them. By version, one for each. */
  readonly broken: readonly BrokenSteppedFile[]
}

/** Opens the databases on which stepped operations act; whoever supplies it closes them. */
export interface AdapterSource {
  /** By an address without a password. Connects at first use. */
  open(address: string): Promise<Target>
}
