/** The engine's inside, for tests of single races: a context and a joined drive, as `runMigration` makes them. */
import { createEmitter } from '../../src/engine/events.ts'
import { DEFAULT_DATABASE, DEFAULT_LIMITS, type EngineContext, rememberFacts } from '../../src/engine/context.ts'
import { type Drive, loadSubject } from '../../src/engine/drive.ts'
import type { EnginePorts } from '../../src/engine/engine.ts'
import { Foresight } from '../../src/engine/foresight.ts'
import { joinLease } from '../../src/engine/lease.ts'
import { DEFAULT_HEALTH } from '../../src/shared/health-settings.ts'
import { trackingTables } from '../../src/engine/tracking/tables.ts'
import { testPorts } from './engine-ports.ts'

export function contextOf(ports: Partial<EnginePorts> & Pick<EnginePorts, 'target' | 'definitions'>): EngineContext {
  const all = { ...testPorts(ports.target), ...ports }
  return {
    ...all,
    tables: trackingTables(all.trackingSchema),
    emitter: createEmitter(all.logger),
    rowTransformer: all.rowTransformer ?? null,
    database: all.database ?? DEFAULT_DATABASE,
    otherDatabases: new Map(),
    adapters: null,
    limits: { ...DEFAULT_LIMITS, ...all.limits },
    health: () => ({ ...DEFAULT_HEALTH, ...(typeof all.health === 'function' ? all.health() : all.health) }),
    ...rememberFacts(all.target),
  }
}

/** A runner that holds the lease and has claimed nothing yet. */
export async function joinedDrive(context: EngineContext, migrationId: string): Promise<Drive> {
  const subject = await loadSubject(context, migrationId)
  const drive: Drive = {
    ...subject,
    runnerId: context.random.uuid(),
    drivenStatuses: ['active', 'finalizing'],
    isPaced: false,
    foresight: new Foresight(),
    ignoresHealth: false,
    onlyJobId: null,
    signal: new AbortController().signal,
    halt: () => undefined,
  }
  await joinLease(context, {
    migrationId,
    leaseOid: subject.scoped.table.leaseOid,
    runnerId: drive.runnerId,
    drivenStatuses: drive.drivenStatuses,
  })
  return drive
}
