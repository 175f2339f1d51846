import type { TargetParameters } from '../../engine/target/parameters.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { readPracticeState } from './practice-state.ts'

/** The practice database of this checkout, if its server runs right now. */
export async function findPracticeTarget(projectFolder: string): Promise<TargetParameters | null> {
  const state = await readPracticeState(projectFolder)
  return state === null ? null : toParameters(state.connection)
}

/** The other logical databases beside it, by name. */
export async function findOtherPracticeTargets(projectFolder: string): Promise<ReadonlyMap<string, TargetParameters>> {
  const { others = {} } = (await readPracticeState(projectFolder)) ?? {}
  return new Map(Object.entries(others).map(([name, connection]) => [name, toParameters(connection)]))
}

export function toParameters({ host, port, user, password, database }: ServerConnection): TargetParameters {
  return { host, port, user, database, password: () => Promise.resolve(password), tls: false }
}
