/** The databases on which stepped operations act, where it is not the target itself: opened by address, kept, closed together. */
import type { AdapterSource, Logger } from '../engine/ports.ts'
import { openTarget, type Target } from '../engine/target/open-target.ts'
import { resolveTarget } from './connection/resolve-target.ts'
import type { Environ } from './connection/read-service.ts'

export interface Adapters extends AdapterSource {
  close(): Promise<void>
}

interface AdapterOptions {
  readonly applicationName: string
  readonly logger: Logger
  readonly env: Environ
}

const CONNECTIONS = 2

/** Passwords come from ~/.pgpass or a service: the address holds none, and PG* variables speak of the target. */
export function createAdapters({ applicationName, logger, env }: AdapterOptions): Adapters {
  const opened = new Map<string, Promise<Target>>()
  const open = async (url: string): Promise<Target> => {
    const { parameters, connectTimeoutMs } = await resolveTarget({
      ...{ url, connection: null, environment: null, isWriting: false, projectFolder: '' },
      env: withoutTarget(env),
      warn: (message) => {
        logger.log('warn', message)
      },
    })
    return openTarget(parameters, { applicationName, logger, maxConnections: CONNECTIONS, connectTimeoutMs })
  }
  return {
    open(address) {
      const target = opened.get(address) ?? open(address)
      opened.set(address, target)
      // One that could not be resolved is tried anew.
      target.catch(() => opened.delete(address))
      return target
    },
    async close() {
      const targets = await Promise.allSettled(opened.values())
      opened.clear()
      await Promise.all(targets.flatMap((target) => (target.status === 'fulfilled' ? [target.value.close()] : [])))
    },
  }
}

function withoutTarget(env: Environ): Environ {
  const kept = new Set(['PGPASSFILE', 'PGSERVICEFILE', 'PGSYSCONFDIR'])
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG') || kept.has(name)))
}
