import { expect, it, onTestFinished } from 'vitest'
import { savePracticeConnections } from '../../src/host/backend/practice-connections.ts'
import { viewConnection } from '../../src/host/backend/saved-connections.ts'
import { createMemorySecrets } from '../../src/host/backend/secrets.ts'
import type { TargetParameters } from '../../src/engine/target/parameters.ts'
import { openStorage } from '../../src/storage/open.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

it('tells of practice where it runs, whatever another checkout saved into the same file', async () => {
  const storage = await openStorage(await temporaryFolder())
  onTestFinished(() => {
    storage.close()
  })
  const at = (port: number): TargetParameters => ({
    ...{ host: '127.0.0.1', port, database: 'tranche_practice', user: 'tranche', tls: false },
    password: async () => Promise.resolve(null),
  })
  const { saved } = savePracticeConnections({ storage }, { parameters: at(54_330), others: new Map() })
  const [connection] = saved
  if (connection === undefined) throw new Error('practice was saved')
  const context = { storage, secrets: createMemorySecrets(), env: {} }

  const running = await viewConnection(
    { ...context, findPractice: async () => Promise.resolve(at(54_331)) },
    connection,
  )
  const stopped = await viewConnection({ ...context, findPractice: async () => Promise.resolve(null) }, connection)

  expect([running.port, stopped.port]).toEqual([54_331, 54_330])
})
