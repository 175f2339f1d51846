/** The tour through the practice catalogue: install, then queue → run → verify → finalize for each migration, then a report. */
import { writeFile } from 'node:fs/promises'
import type { Logger } from '../../engine/ports.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { TrancheError } from '../../shared/errors.ts'
import { reportMarkdown } from '../../shared/report-markdown.ts'
import { createEngineHost, mainAt } from '../create-engine-host.ts'
import { openSecondConnection, TOUR_COUNTS } from './count-on-target.ts'
import type { Steps } from './steps.ts'
import { type Toured, tourMigration } from './tour-migration.ts'
import { tourReport } from './tour-report.ts'
import { tourStepped } from './tour-stepped.ts'

export interface TourRequest {
  readonly parameters: TargetParameters
  readonly catalogueFolder: string
  readonly reportFile: string
  readonly logger: Logger
  readonly steps: Steps
  readonly signal: AbortSignal
  readonly showProgress: (line: string) => void
}

/** Throws what any step throws; what was committed until then stays, and the next tour goes on from there. */
export async function takeTour(request: TourRequest): Promise<void> {
  const { parameters, catalogueFolder, logger, steps, signal } = request
  const host = await createEngineHost({ databases: mainAt(parameters), catalogueFolder, logger })
  const second = await openSecondConnection(parameters)
  try {
    const { engine, target } = host.main
    await steps.step(
      'install',
      () => engine.install(),
      ({ installed, schema }) =>
        installed ? `tracking schema "${schema}"` : `the tracking schema "${schema}" is there already`,
    )
    const toured: Toured[] = []
    for (const jobClassName of Object.keys(TOUR_COUNTS)) {
      signal.throwIfAborted()
      toured.push(
        await tourMigration({ engine, second, steps, signal, showProgress: request.showProgress }, jobClassName),
      )
    }
    await tourStepped({ engine, target, steps, signal })
    steps.title('Report')
    await steps.step(
      'report',
      () => writeReport(request, toured),
      (file) => file,
    )
  } finally {
    await second.close()
    await host.close()
  }
}

/** Read by an engine on connections of its own: what it states is what anybody else would read now. */
async function writeReport(
  { parameters, catalogueFolder, reportFile, logger }: TourRequest,
  toured: readonly Toured[],
): Promise<string> {
  const reader = await createEngineHost({ databases: mainAt(parameters), catalogueFolder, logger })
  try {
    const reports: string[] = []
    for (const { migrationId } of toured) reports.push(reportMarkdown(await reader.main.engine.report(migrationId)))
    await writeFile(reportFile, tourReport(toured, reports))
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
