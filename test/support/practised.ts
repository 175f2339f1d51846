/** The practice catalogue on its data, as a host opens it: loader, worker threads and both logical databases are real. */
import { onTestFinished } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { createEngineHost, type DatabasePlace, type EngineHost } from '../../src/host/create-engine-host.ts'
import { toParameters } from '../../src/host/practice/find-practice-target.ts'
import { fillPractice } from '../../src/host/practice/fill-practice.ts'
import { PRACTICE_CATALOGUE } from '../../src/host/practice/open-practice.ts'
import { DATA_FOLDERS } from '../../src/host/practice/practice-data.ts'
import { silentLogger } from './engine-ports.ts'
import { openTestTarget } from './engine-setup.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export interface Practised {
  readonly host: EngineHost
  readonly main: TestDatabase
  readonly ci: TestDatabase
  /** Queues it where its definition says, without pauses, and runs it. */
  readonly run: (jobClassName: string) => Promise<Ran>
}

export interface Ran {
  readonly engine: Engine
  readonly migrationId: string
  readonly outcome: Awaited<ReturnType<Engine['run']>>
}

export interface PractisedOptions {
  readonly rows?: number
  readonly withTrouble?: boolean
  readonly catalogueFolder?: string
}

/** Call it in each test; everything is closed and dropped when the test is over. */
export async function practised({
  rows = 2_000,
  withTrouble = false,
  catalogueFolder = PRACTICE_CATALOGUE,
}: PractisedOptions = {}): Promise<Practised> {
  const [main, ci] = await Promise.all([createTestDatabase(), createTestDatabase()])
  const databases = new Map<string, DatabasePlace>()
  for (const [name, database] of Object.entries({ main, ci })) {
    const target = openTestTarget(database)
    await fillPractice(target, {
      catalogueFolder: PRACTICE_CATALOGUE,
      dataFolders: [name === 'ci' ? DATA_FOLDERS.ci : DATA_FOLDERS.main],
      rows,
      withTrouble,
      isReset: false,
      trackingSchema: 'tranche',
      onProgress: () => undefined,
    })
    await target.close()
    databases.set(name, { parameters: toParameters(database.connection) })
  }
  const host = await createEngineHost({ databases, catalogueFolder, logger: silentLogger })
  onTestFinished(async () => {
    await host.close()
    await main.drop()
    await ci.drop()
  })
  for (const { engine } of host.databases) await engine.install()
  return {
    host,
    main,
    ci,
    async run(jobClassName) {
      const { engine } = host.database(host.catalogue?.find(jobClassName)?.definition.database ?? 'main')
      const { migration } = await engine.queue({ jobClassName, pauseMs: 0 })
      return { engine, migrationId: migration.id, outcome: await engine.run(migration.id) }
    },
  }
}
