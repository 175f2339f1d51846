/** What every part of the backend is given. */
import type { TargetParameters } from '../../engine/target/parameters.ts'
import type { Identity, Logger, RowTransformer } from '../../engine/ports.ts'
import type { Storage } from '../../storage/open.ts'
import type { Environ } from '../connection/read-service.ts'
import type { Publisher } from './publisher.ts'
import type { Secrets } from './secrets.ts'

export interface BackendContext {
  readonly storage: Storage
  readonly publisher: Publisher
  readonly secrets: Secrets
  readonly logger: Logger
  readonly identity: Identity
  readonly env: Environ
  /** The worker threads of eachRow; one pool for all connections. */
  readonly rowTransformer: RowTransformer
  /** A practice database by its logical name, where it is there. */
  readonly findPractice: (database: string) => Promise<TargetParameters | null>
}
