/** What the practice database has around it while it is open: the service that a migration asks, and a session in the way. */
import type { Logger } from '../../engine/ports.ts'
import { openTarget } from '../../engine/target/open-target.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { query } from '../../engine/target/transaction.ts'
import { sql } from '../../shared/sql.ts'
import { holdLocks } from './hold-locks.ts'
import { DATA_FOLDERS } from './practice-data.ts'
import { startPostcodeService } from './postcode-service.ts'

export interface Surroundings {
  /** null: another process starts it, and says where. */
  readonly serviceUrl: string | null
  close(): Promise<void>
}

export interface Surrounding {
  readonly catalogueFolder: string
  readonly logger: Logger
  /** Whether rows are to be held locked. */
  readonly hasTrouble: boolean
  /** Start one; or that of another process, which then holds the locks too. */
  readonly service: 'own' | { readonly url: string | null }
}

/** Tells the database where the service is. Everything ends with `close`. */
export async function surround(parameters: TargetParameters, options: Surrounding): Promise<Surroundings> {
  const { catalogueFolder, hasTrouble, logger } = options
  const service = options.service === 'own' ? await startPostcodeService() : null
  const serviceUrl = options.service === 'own' ? (service?.url ?? null) : options.service.url
  try {
    // Data that were made anew do not know it.
    if (serviceUrl !== null) await tellAddress(parameters, serviceUrl, logger)
    const locks =
      hasTrouble && service !== null
        ? await holdLocks(parameters, { catalogueFolder, dataFolder: DATA_FOLDERS.main })
        : null
    return {
      serviceUrl,
      async close() {
        await locks?.release()
        await service?.close()
      },
    }
  } catch (error) {
    await service?.close()
    throw error
  }
}

async function tellAddress(parameters: TargetParameters, url: string, logger: Logger): Promise<void> {
  const target = openTarget(parameters, { applicationName: 'tranche practice', logger, maxConnections: 1 })
  try {
    await target.withClient((client) =>
      query(client, sql`UPDATE public.application_settings SET postcode_service_url = ${url}`),
    )
  } finally {
    await target.close()
  }
}
