/** What `tranche test` tells the processes that it starts: where databases may be made, and which catalogue is tested. */
import type { ServerConnection } from '../postgres/server-login.ts'

export interface TestPlace {
  readonly server: ServerConnection
  readonly databasePrefix: string
  /** The catalogue; absolute, links resolved. */
  readonly folder: string
}

const VARIABLE = 'TRANCHE_TEST_PLACE'

export function placeVariable(place: TestPlace): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify(place) }
}

/** Throws outside of `tranche test`. */
export function testPlace(): TestPlace {
  const text = process.env[VARIABLE]
  if (text !== undefined) return JSON.parse(text) as TestPlace // written by placeVariable
  throw new Error('tests of a catalogue are run by: tranche test DIR')
}
