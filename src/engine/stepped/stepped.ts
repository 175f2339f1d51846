/** The face of stepped migrations: ordered, version-numbered, made of re-runnable operations (the ActiveContext kind). */
import type {
  SteppedConnectionValue,
  SteppedListValue,
  SteppedLogValue,
  SteppedMigrationValue,
  SteppedRunValue,
} from '../../shared/stepped-view.ts'
import type { EngineContext } from '../context.ts'
import { type LogQuery, readLines } from './journal.ts'
import {
  approveStepped,
  type ConnectRequest,
  connectStepped,
  disconnectStepped,
  resetStepped,
  retryStepped,
  skipStepped,
} from './operate.ts'
import { listStepped } from './overview.ts'
import { hasVector } from './vector-type.ts'
import { type SteppedWorkOptions, workStepped } from './work.ts'

export interface SteppedEngine {
  list(): Promise<SteppedListValue>
  /** The newest lines of the log, oldest first. */
  logs(query?: LogQuery): Promise<readonly SteppedLogValue[]>
  /** The worker. Throws catalogue_missing, and what the database of the records throws. */
  work(options?: SteppedWorkOptions): Promise<readonly SteppedRunValue[]>
  /** A failed one gets its tries back; completed operations stay completed. */
  retry(version: string): Promise<SteppedMigrationValue>
  /** Passes over it for good. */
  skip(version: string, reason: string): Promise<SteppedMigrationValue>
  /** Agrees to what its gate asks for, such as dropping a table. */
  approve(version: string): Promise<SteppedMigrationValue>
  /** Pending again, every operation anew; null: all of the active connection. */
  reset(version: string | null): Promise<readonly SteppedMigrationValue[]>
  /** Whether the database of the records could store vectors. */
  hasVector(): Promise<boolean>
  connect(request: ConnectRequest): Promise<SteppedConnectionValue>
  disconnect(): Promise<null>
}

/** `call` wraps every call of the engine's face. */
export function createStepped(
  context: EngineContext,
  call: <T>(action: () => Promise<T>) => Promise<T>,
): SteppedEngine {
  return {
    list: () => call(() => listStepped(context)),
    logs: (query) => call(() => readLines(context, query)),
    work: (options = {}) => call(() => workStepped(context, options)),
    retry: (version) => call(() => retryStepped(context, version)),
    skip: (version, reason) => call(() => skipStepped(context, version, reason)),
    approve: (version) => call(() => approveStepped(context, version)),
    reset: (version) => call(() => resetStepped(context, version)),
    hasVector: () => call(() => hasVector(context)),
    connect: (request) => call(() => connectStepped(context, request)),
    disconnect: () => call(() => disconnectStepped(context)),
  }
}
