import type { TargetParameters } from '../../engine/target/parameters.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { readPracticeState } from './practice-state.ts'

/** The practice database of this checkout, if its server runs right now. */
export async function findPracticeTarget(projectFolder: string): Promise<TargetParameters | null> {
  const connection = await readPracticeState(projectFolder)
  return connection === null ? null : toParameters(connection)
}

export function toParameters({ host, port, user, password, database }: ServerConnection): TargetParameters {
  return { host, port, user, database, password: () => Promise.resolve(password), tls: false }
}
