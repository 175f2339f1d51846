/** The tour through the practice catalogue: install, then queue → run → verify → finalize for each migration, then a report. */
import { writeFile } from 'node:fs/promises'
import { DEFAULT_DATABASE } from '../../engine/context.ts'
import { createMutex } from '../../engine/mutex.ts'
import type { Logger } from '../../engine/ports.ts'
import { TrancheError } from '../../shared/errors.ts'
import { reportMarkdown } from '../../shared/report-markdown.ts'
import type { SteppedMigrationValue } from '../../shared/stepped-view.ts'
import { createEngineHost, type DatabasePlace, type EngineHost } from '../create-engine-host.ts'
import { TOUR_COUNTS } from './count-on-target.ts'
import type { Steps } from './steps.ts'
import { type TourContext, type Toured, tourMigration } from './tour-migration.ts'
import { tourReport } from './tour-report.ts'
import { tourStepped } from './tour-stepped.ts'

/** One connection hardly uses more than one core of the server; these machines have two. */
const LANES = 2

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
  const host = await createEngineHost({ databases, catalogueFolder, logger, parallel: LANES })
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
    const toured = await tourAll(request, host)
    signal.throwIfAborted()
    steps.title('Report')
    await steps.step(
      'report',
      () => writeReport(request, toured),
      (file) => file,
    )
  } finally {
    await host.close()
  }
}

interface TouredIn extends Toured {
  readonly database: string
}

interface TouredAll {
  readonly batched: readonly TouredIn[]
  readonly stepped: readonly SteppedMigrationValue[]
}

/** Several at the same time, as `tranche work` does it. The first error stops the others. */
async function tourAll(request: TourRequest, host: EngineHost): Promise<TouredAll> {
  const { showProgress } = request
  const failed = new AbortController()
  const signal = AbortSignal.any([request.signal, failed.signal])
  const names = Object.keys(TOUR_COUNTS)
  const batched = new Map<string, TouredIn>()
  let stepped: readonly SteppedMigrationValue[] = []
  const shown = new Map<string, string>()
  const queueing = createMutex()
  const parts = names.map((jobClassName) => async (steps: Steps): Promise<void> => {
    const show = (line: string): void => {
      shown.set(jobClassName, line)
      showProgress([...shown.values()].filter((each) => each !== '').join('; '))
    }
    const one = { ...request, queueing, signal, showProgress: show, steps }
    batched.set(jobClassName, await tourOne(one, host, jobClassName))
  })
  parts.push(async (steps) => {
    const { engine, target } = host.main
    stepped = await tourStepped({ engine, target, steps, signal })
  })
  const lane = async (): Promise<void> => {
    for (let part = parts.shift(); part !== undefined && !signal.aborted; part = parts.shift()) {
      await request.steps.block(part).catch((error: unknown) => {
        failed.abort(error)
      })
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  signal.throwIfAborted()
  return { batched: names.flatMap((name) => batched.get(name) ?? []), stepped }
}

/** In the database that its definition names. */
async function tourOne(
  request: TourRequest & Pick<TourContext, 'queueing'>,
  host: EngineHost,
  jobClassName: string,
): Promise<TouredIn> {
  const { databases, steps, queueing, signal, showProgress } = request
  signal.throwIfAborted()
  const { name, engine } = host.database(host.catalogue?.find(jobClassName)?.definition.database ?? DEFAULT_DATABASE)
  const place = databases.get(name)
  if (place === undefined) throw new Error(`${name} is open and was not asked for`)
  const { parameters } = place
  const toured = await tourMigration({ engine, parameters, steps, queueing, signal, showProgress }, jobClassName)
  return { ...toured, database: name }
}

/** Read by an engine on connections of its own: what it states is what anybody else would read now. */
async function writeReport(
  { databases, catalogueFolder, reportFile, logger }: TourRequest,
  { batched, stepped }: TouredAll,
): Promise<string> {
  const reader = await createEngineHost({ databases, catalogueFolder, logger })
  try {
    const reports: string[] = []
    for (const { database, migrationId } of batched)
      reports.push(reportMarkdown(await reader.database(database).engine.report(migrationId)))
    await writeFile(reportFile, tourReport(batched, stepped, reports))
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
