/** Where the password of a saved connection comes from, at each connect. It never leaves for a page, a log or a message. */
import type { PasswordSource } from '../../shared/connection-view.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { passwordOf } from '../connection/password-command.ts'
import { findInPasswordFile, usualPasswordFile } from '../connection/password-file.ts'
import { findPasswordVariable } from '../connection/password-variable.ts'
import { locateSettings, withService } from '../connection/resolve-target.ts'
import type { BackendContext } from './backend-context.ts'

export interface ConnectionPassword {
  readonly source: PasswordSource
  /** null: none is known, and none is sent. Throws password_command_failed. */
  readonly get: () => Promise<string | null>
}

type Asked = Pick<StoredConnection, 'connectionId' | 'settings' | 'environment' | 'passwordCommand'>

/**
 * Looked for at each call, in this order: what was given, the connection's command, its service, the password file, PGPASSWORD.
 * Runs no command yet.
 */
export function connectionPassword(
  { secrets, env, logger }: Pick<BackendContext, 'secrets' | 'env' | 'logger'>,
  { connectionId, settings, environment, passwordCommand }: Asked,
): () => Promise<ConnectionPassword> {
  let command: (() => Promise<string>) | null = null
  return async () => {
    const given = secrets.get(connectionId)
    if (given !== null) return known('memory', given)
    const place = await locateSettings(settings, env)
    if (passwordCommand !== null) {
      command ??= passwordOf(passwordCommand, { place, env })
      return { source: 'command', get: command }
    }
    const { password, passfile } = await withService(settings, env)
    if (password !== undefined) return known('service', password)
    const ofFile = await findInPasswordFile(passfile ?? usualPasswordFile(env), place, (message) => {
      logger.log('warn', 'password file', { connectionId, message })
    })
    if (ofFile !== null) return known('passfile', ofFile)
    const ofVariable = findPasswordVariable(place, environment, env)
    return ofVariable === null ? known('none', null) : known('environment', ofVariable)
  }
}

function known(source: PasswordSource, password: string | null): ConnectionPassword {
  return { source, get: () => Promise.resolve(password) }
}
