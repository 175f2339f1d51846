/** Engines over the practice databases of a test, with the catalogue that is tested. */
import { createEngineHost, type EngineHost } from '../create-engine-host.ts'
import { toParameters } from '../practice/find-practice-target.ts'
import type { PracticeDatabase } from './practice-database.ts'
import { testPlace } from './test-place.ts'

interface Hosted {
  /** By logical name; the first one's engine is the main one. */
  readonly databases: Readonly<Record<string, PracticeDatabase>>
  /** Of the catalogue's stepped migrations only this version. */
  readonly onlyStepped?: string
}

/** Throws outside of `tranche test`. */
export async function openTestHost({ databases, ...options }: Hosted): Promise<EngineHost> {
  const places = Object.entries(databases).map(
    ([name, { connection }]) => [name, { parameters: toParameters(connection) }] as const,
  )
  return createEngineHost({
    ...options,
    databases: new Map(places),
    catalogueFolder: testPlace().folder,
    logger: SILENT,
  })
}

const SILENT = {
  log() {
    // a test tells by its assertions
  },
}
