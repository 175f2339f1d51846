/**
 * Live events: everything that the engine does, as it happens. They are the only instrumentation; progress lines, logs
 * and screens hang off them. An event is emitted after the commit that it tells of.
 */
import type { HealthReading, Hold } from '../shared/health.ts'
import type { JobStatus, MigrationEvent, MigrationStatus } from '../shared/status.ts'
import type { Operation } from './performer.ts'
import type { Logger } from './ports.ts'
import type { CheckResult, Key, Migration, RunOutcome, RunProgress } from './types.ts'

interface OfMigration {
  readonly migrationId: string
}

interface OfJob extends OfMigration {
  readonly jobId: string
}

export interface EngineEvents {
  'migration:queued': OfMigration & { readonly jobClassName: string; readonly duplicate: boolean }
  'migration:changed': OfMigration & {
    readonly event: MigrationEvent | 'restore'
    readonly from: MigrationStatus
    readonly to: MigrationStatus
  }
  /** Its rows are in the archive now. */
  'migration:removed': OfMigration & {
    readonly reason: 'deleted' | 'requeued'
    readonly requeuedAs: string | null
  }
  'migration:set': OfMigration & { readonly changes: Readonly<Record<string, unknown>> }
  'optimizer:decided': OfMigration & {
    readonly from: number
    readonly to: number
    readonly because: string
    readonly efficiency: number | null
  }
  'health:evaluated': OfMigration & { readonly readings: readonly HealthReading[] }
  /** Also when a hold is made longer. */
  'hold:began': OfMigration & Hold
  'hold:ended': OfMigration & { readonly seconds: number }
  'run:started': OfMigration & { readonly runnerId: string; readonly migration: Migration }
  'run:progress': RunProgress
  'run:waiting': OfMigration & { readonly reason: string; readonly until: Date | null }
  'run:ended': RunOutcome
  'job:planned': OfJob & { readonly from: Key; readonly to: Key }
  'job:started': OfJob & {
    readonly from: JobStatus
    readonly attempt: number
    readonly epoch: string
    readonly resumedFrom: Key | null
  }
  /** It failed and is divided in two, or, of one row, quarantined; `rows` of them. */
  'sub_batch:narrowed': OfJob & {
    readonly rows: number
    readonly exceptionClass: string
    readonly exceptionMessage: string
  }
  'job:succeeded': OfJob & { readonly seconds: number; readonly scanned: number; readonly changed: number }
  'job:failed': OfJob & {
    readonly attempt: number
    readonly exceptionClass: string
    readonly exceptionMessage: string
    /** The sub-batch that failed. */
    readonly operation: Operation
  }
  /** After a timeout: its sub-batches are smaller from now on. */
  'job:shrunk': OfJob & { readonly from: number; readonly to: number; readonly attempts: number }
  /** `secondJobId` null: nothing was left to divide. `attempts`: those that it had used; null: split by hand. */
  'job:split': OfJob & {
    readonly secondJobId: string | null
    readonly batchSize: number
    readonly attempts: number | null
  }
  'job:released': OfJob & { readonly reason: string }
  'job:taken_over': OfJob & { readonly fromRunner: string | null }
  'job:retried': OfJob
  'sub_batch:committed': OfJob & {
    readonly end: Key
    readonly scanned: number
    readonly changed: number
    readonly milliseconds: number
    /** The sub-batch as a whole, and what was measured within it. */
    readonly operations: readonly Operation[]
  }
  'sub_batch:repeated': OfJob & { readonly sqlstate: string; readonly repetition: number }
  'connection:lost': OfMigration & { readonly message: string }
  'connection:back': OfMigration & {
    readonly jobId: string | null
    readonly outcome: 'committed' | 'not_committed' | 'claim_lost' | null
  }
  /** An exception is counted, or a check asked; so many checks will have been answered in the end. */
  'check:began': OfMigration & { readonly kind: 'exception' | 'check'; readonly name: string; readonly checks: number }
  'check:finished': OfMigration & CheckResult
  'verification:finished': OfMigration & { readonly holds: boolean; readonly proven: string }
  'finalize:after': OfMigration & { readonly statement: string; readonly milliseconds: number }
  /** What a run of the stepped worker did beside its operations' own results: a record made or deleted, an operation begun. */
  'stepped:told': {
    readonly version: string
    readonly level: 'info' | 'warn'
    readonly message: string
  }
  /** `copyRows` compares its tables; so far. */
  'stepped:compared': {
    readonly version: string
    readonly table: string
    readonly pass: number
    readonly rows: number
  }
  'definition:log': OfJob & {
    readonly level: string
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>>
  }
}

export type EventName = keyof EngineEvents

type Listener<Name extends EventName> = (event: EngineEvents[Name]) => void

export interface Emitter {
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  emit<Name extends EventName>(name: Name, event: EngineEvents[Name]): void
}

/** An emitter whose listeners cannot hurt it: one that throws or rejects is logged, and the others still hear the event. */
export function createEmitter(logger: Logger): Emitter {
  const listeners = new Map<EventName, Set<(event: never) => unknown>>()
  const complain = (name: EventName, error: unknown): void => {
    logger.log('error', 'listener threw', {
      event: name,
      message: error instanceof Error ? error.message : String(error),
    })
  }
  return {
    on(name, listener) {
      const heard = listeners.get(name) ?? new Set()
      listeners.set(name, heard.add(listener))
      return () => heard.delete(listener)
    },
    emit(name, event) {
      // A copy: a listener may subscribe or leave while the event is told.
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          const returned = listener(event as never) // the set under `name` only ever holds listeners of that name
          if (returned instanceof Promise) returned.catch((error: unknown) => complain(name, error))
        } catch (error) {
          complain(name, error)
        }
      }
    },
  }
}
