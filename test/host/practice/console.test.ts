/** The practice databases as a console has them: a connection for each, which map each other. */
import { expect, it, onTestFinished } from 'vitest'
import { createBackend } from '../../../src/host/create-backend.ts'
import { openPractice } from '../../../src/host/practice/open-practice.ts'
import { createClient } from '../../../src/shared/contract.ts'
import { openStorage } from '../../../src/storage/open.ts'
import { silentLogger } from '../../support/engine-ports.ts'
import { openReplica } from '../../support/replica.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openTransport } from '../../support/transports.ts'
import { createServerFolder } from '../postgres/server-folder.ts'

const CLASS = 'BackfillBuildNamespaceId'

it('runs the migration of ci from the console, which reads main', async () => {
  const projectFolder = await createServerFolder()
  const practice = await openPractice({
    ...{ projectFolder, rows: 2_000, isReset: false, logger: silentLogger },
    onProgress: () => undefined,
  })
  onTestFinished(() => practice.close())
  const backend = await createBackend({
    ...{ logger: silentLogger, projectFolder, folder: await temporaryFolder(), env: {}, practice },
  })
  onTestFinished(() => backend.close())
  const { transport } = await openTransport('in-process', backend)
  const call = createClient(transport)
  const replica = await openReplica(transport, call)
  const connections = await call('connections.list')
  expect(
    connections.map(({ name, logicalDatabase, otherDatabases }) => [name, logicalDatabase, otherDatabases]),
  ).toEqual([
    ['Practice', 'main', { ci: 'practice-ci' }],
    ['Practice ci', 'ci', { main: 'practice' }],
  ])

  const connectionId = 'practice-ci'
  await call('connections.open', { connectionId })
  await call('tracking.install', { connectionId })
  await replica.until(({ targets }) => targets[connectionId]?.isInstalled === true)
  const { definitionHash } = await call('queue.plan', { connectionId, jobClassName: CLASS })
  const { migration } = await call('queue.submit', { connectionId, jobClassName: CLASS, definitionHash, pauseMs: 0 })
  await call('run.start', { connectionId, migrationId: migration.id })
  await replica.until(() => replica.migration(connectionId, migration.id)?.state.status === 'finished')

  const { rows } = replica.migration(connectionId, migration.id)?.state ?? {}
  expect(Number(rows?.changed)).toBeGreaterThan(0)
})

it('takes away the connection of a practice database that is gone, and leaves its history', async () => {
  const folder = await temporaryFolder()
  const parameters = {
    host: '127.0.0.1',
    port: 1,
    user: 'x',
    tls: false,
    password: () => Promise.resolve(null),
  } as const
  const main = { ...parameters, database: 'main' }
  const of = { logger: silentLogger, projectFolder: folder, folder, env: {} }
  const others = new Map([['ci', { ...parameters, database: 'ci' }]])
  await (await createBackend({ ...of, practice: { parameters: main, others, rows: 1 } })).close()
  await (await createBackend({ ...of, practice: { parameters: main, others: new Map(), rows: 1 } })).close()

  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })
  expect(storage.connections.list().map(({ name, otherDatabases }) => [name, otherDatabases])).toEqual([
    ['Practice', {}],
  ])
})
