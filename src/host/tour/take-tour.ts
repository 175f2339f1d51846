/** The tour through the practice catalogue: install, then queue → run → verify → finalize for each migration, then a report. */
import { writeFile } from 'node:fs/promises'
import { DEFAULT_DATABASE } from '../../engine/context.ts'
import type { Logger } from '../../engine/ports.ts'
import { TrancheError } from '../../shared/errors.ts'
import { reportMarkdown } from '../../shared/report-markdown.ts'
import type { SteppedMigrationValue } from '../../shared/stepped-view.ts'
import { createEngineHost, type DatabasePlace, type EngineHost } from '../create-engine-host.ts'
import { openSecondConnection, TOUR_COUNTS } from './count-on-target.ts'
import type { Steps } from './steps.ts'
import { type Toured, tourMigration } from './tour-migration.ts'
import { tourReport } from './tour-report.ts'
import { tourStepped } from './tour-stepped.ts'

export interface TourRequest {
  readonly databases: ReadonlyMap<string, DatabasePlace>
  readonly catalogueFolder: string
  readonly reportFile: string
  readonly logger: Logger
  readonly steps: Steps
  readonly signal: AbortSignal
  readonly showProgress: (line: string) => void
}

/** Throws what any step throws; what was committed until then stays, and the next tour goes on from there. */
export async function takeTour(request: TourRequest): Promise<void> {
  const { databases, catalogueFolder, logger, steps, signal } = request
  const host = await createEngineHost({ databases, catalogueFolder, logger })
  try {
    for (const { name, engine } of host.databases) {
      await steps.step(
        'install',
        () => engine.install(),
        ({ installed, schema }) =>
          installed
            ? `tracking schema "${schema}" in ${name}`
            : `the tracking schema "${schema}" is there already in ${name}`,
      )
    }
    const toured: TouredIn[] = []
    for (const jobClassName of Object.keys(TOUR_COUNTS)) toured.push(await tourOne(request, host, jobClassName))
    const { engine, target } = host.main
    const stepped = await tourStepped({ engine, target, steps, signal })
    steps.title('Report')
    await steps.step(
      'report',
      () => writeReport(request, toured, stepped),
      (file) => file,
    )
  } finally {
    await host.close()
  }
}

interface TouredIn extends Toured {
  readonly database: string
}

/** In the database that its definition names. */
async function tourOne(request: TourRequest, host: EngineHost, jobClassName: string): Promise<TouredIn> {
  const { databases, steps, signal, showProgress } = request
  signal.throwIfAborted()
  const { name, engine } = host.database(host.catalogue?.find(jobClassName)?.definition.database ?? DEFAULT_DATABASE)
  const place = databases.get(name)
  if (place === undefined) throw new Error(`${name} is open and was not asked for`)
  const second = await openSecondConnection(place.parameters)
  try {
    return {
      ...(await tourMigration({ engine, second, steps, signal, showProgress }, jobClassName)),
      database: name,
    }
  } finally {
    await second.close()
  }
}

/** Read by an engine on connections of its own: what it states is what anybody else would read now. */
async function writeReport(
  { databases, catalogueFolder, reportFile, logger }: TourRequest,
  toured: readonly TouredIn[],
  stepped: readonly SteppedMigrationValue[],
): Promise<string> {
  const reader = await createEngineHost({ databases, catalogueFolder, logger })
  try {
    const reports: string[] = []
    for (const { database, migrationId } of toured)
      reports.push(reportMarkdown(await reader.database(database).engine.report(migrationId)))
    await writeFile(reportFile, tourReport(toured, stepped, reports))
    return reportFile
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EROFS'))) throw error
    throw new TrancheError('file_not_writable', `the report ${reportFile} cannot be written: ${error.message}`, {
      remedy: 'Make the folder writable, or start from one that is.',
      cause: error,
    })
  } finally {
    await reader.close()
  }
}
