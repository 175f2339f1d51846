/** The way from a saved connection to parameters that a target can be opened with. */
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { connectionPassword } from './connection-password.ts'
import { locateSettings, type Place, resolveSettings } from '../connection/resolve-target.ts'
import type { BackendContext } from './backend-context.ts'

export interface ResolvedConnection {
  readonly parameters: TargetParameters
  readonly connectTimeoutMs: number
}

const PRACTICE_TIMEOUT_MS = 10_000

/** Throws practice_not_running, invalid_target, target_unreachable. */
export async function resolveConnection(
  context: BackendContext,
  connection: StoredConnection,
): Promise<ResolvedConnection> {
  if (connection.isPractice) return resolvePractice(context, connection)
  const { connectionId, settings, environment } = connection
  const { env, logger } = context
  const resolved = await resolveSettings(settings, {
    environment,
    env,
    warn: (message) => {
      logger.log('warn', 'connection', { connectionId, message })
    },
  })
  const { parameters, connectTimeoutMs } = resolved
  // Asked at each connect: a password that is given later counts from then on, and tokens end.
  const find = connectionPassword(context, connection)
  const password = async (): Promise<string | null> => (await find()).get()
  return { parameters: { ...parameters, password }, connectTimeoutMs }
}

/** Where it leads, without asking anybody there. Throws practice_not_running, invalid_target. */
export async function locateConnection(context: BackendContext, connection: StoredConnection): Promise<Place> {
  return connection.isPractice
    ? (await resolvePractice(context, connection)).parameters
    : locateSettings(connection.settings, context.env)
}

async function resolvePractice(
  { findPractice }: BackendContext,
  { logicalDatabase }: StoredConnection,
): Promise<ResolvedConnection> {
  const parameters = await findPractice(logicalDatabase)
  if (parameters !== null) return { parameters, connectTimeoutMs: PRACTICE_TIMEOUT_MS }
  throw new TrancheError('practice_not_running', 'the practice database does not run', {
    remedy: 'Start the practice database.',
  })
}
