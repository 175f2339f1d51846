/** The databases that a command line maps, resolved and opened, and the one of them that a command is about. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { DEFAULT_DATABASE } from '../engine/context.ts'
import type { Logger } from '../engine/ports.ts'
import {
  practiceTarget,
  type ResolvedTarget,
  resolveTarget,
  type TargetRequest,
} from '../host/connection/resolve-target.ts'
import { createEngineHost, type EngineHost, type OpenDatabase } from '../host/create-engine-host.ts'
import { findOtherPracticeTargets } from '../host/practice/find-practice-target.ts'
import { namedPractice } from '../host/practice/practice-url.ts'
import { TrancheError } from '../shared/errors.ts'
import type { HealthSettings } from '../shared/health-settings.ts'
import type { Subject } from './subject.ts'

export type Place = Omit<TargetRequest, 'url' | 'connection'>

export interface MappedPlaces {
  /** What `--target`, `--connection` or PG* name; null: none of them does, and other databases are mapped. */
  readonly main: Pick<TargetRequest, 'url' | 'connection'> | null
  readonly mapped: ReadonlyMap<string, string>
}

/** Throws what resolving any of them throws; the message says which one it was. */
export async function resolveDatabases(
  { main, mapped }: MappedPlaces,
  place: Place,
): Promise<ReadonlyMap<string, ResolvedTarget>> {
  const resolved = new Map<string, ResolvedTarget>()
  if (main !== null) {
    const own = await resolveTarget({ ...place, ...main })
    resolved.set(DEFAULT_DATABASE, own)
    for (const [name, other] of await practiceDatabases(main.connection, place, own)) resolved.set(name, other)
  }
  for (const [name, url] of mapped) {
    try {
      resolved.set(name, await resolveTarget({ ...place, url, connection: null, needsDatabase: true }))
    } catch (error) {
      throw error instanceof TrancheError ? aboutDatabase(name, error) : error
    }
  }
  return resolved
}

function aboutDatabase(name: string, { code, message, remedy, details, cause }: TrancheError): TrancheError {
  return new TrancheError(code, `database "${name}": ${message}`, {
    details: { ...details, database: name },
    cause,
    ...(remedy === null ? {} : { remedy }),
  })
}

async function practiceDatabases(
  connection: string | null,
  place: Place,
  own: ResolvedTarget,
): Promise<readonly (readonly [string, ResolvedTarget])[]> {
  if (connection !== 'practice') return []
  // A database that somebody named holds all of the practice.
  if (namedPractice(place.env) !== null) return [['ci', own]]
  const others = await findOtherPracticeTargets(place.projectFolder)
  return [...others].map(([name, parameters]) => [name, practiceTarget(parameters)] as const)
}

export interface Opening {
  readonly resolved: ReadonlyMap<string, ResolvedTarget>
  readonly catalogueFolder: string | null
  readonly logger: Logger
  readonly trackingSchema: string
  readonly parallel: number
  readonly health: Partial<HealthSettings>
}

export function openDatabases({ resolved, ...options }: Opening): Promise<EngineHost> {
  return createEngineHost({ databases: resolved, ...options })
}

/**
 * By what was chosen, else by the definition's own word, else where a migration of that class is queued, else main.
 * Throws unknown_database.
 */
export async function findDatabase(host: EngineHost, chosen: string | null, subject: Subject): Promise<OpenDatabase> {
  if (chosen !== null) return host.database(chosen)
  if (subject.database !== null) return (await findRow(host, subject)) ?? host.database(subject.database)
  if (host.databases.length === 1 || subject.name === null || /^\d+$/.test(subject.name)) return host.main
  const defined = databaseOf(host.catalogue, subject.name)
  if (defined !== null && host.databases.some(({ name }) => name === defined)) return host.database(defined)
  if (subject.kind === 'migration')
    for (const each of host.databases) if (await hasClass(each, subject.name)) return each
  return host.main
}

/**
 * A row that was queued for another database than any that is mapped is shown under that one's name, and found under it:
 * in `main` alone, where everything lives in one place, `ci_7` is the row 7 that is of `ci`.
 */
async function findRow(host: EngineHost, { name, database }: Subject): Promise<OpenDatabase | null> {
  if (name === null || host.databases.some((each) => each.name === database)) return null
  for (const each of host.databases) {
    if (!(await each.engine.hasTracking())) continue
    const row = (await each.engine.list()).find(({ id }) => id === name)
    if (row?.database === database) return each
  }
  return null
}

function databaseOf(catalogue: Catalogue | null, jobClassName: string): string | null {
  return catalogue?.find(jobClassName)?.definition.database ?? null
}

async function hasClass({ engine }: OpenDatabase, jobClassName: string): Promise<boolean> {
  if (!(await engine.hasTracking())) return false
  return (await engine.list()).some((migration) => migration.jobClassName === jobClassName)
}
