import { onTestFinished } from 'vitest'
import type { BatchedMigrationDefinition } from '../../src/catalogue/definition.ts'
import { createEngine, type Engine, type EnginePorts } from '../../src/engine/engine.ts'
import { openTarget } from '../../src/engine/target/open-target.ts'
import { silentLogger, sourceOf, testPorts } from './engine-ports.ts'
import type { TestDatabase } from './test-database.ts'

/** One more engine on a test's database whose connections go through `port` of this machine. */
export function farEngine(
  { connection }: TestDatabase,
  port: number,
  definitions: readonly BatchedMigrationDefinition[],
  ports: Partial<EnginePorts> = {},
): Engine {
  const { user, password, database } = connection
  const target = openTarget(
    { host: '127.0.0.1', port, user, database, password: () => Promise.resolve(password), tls: false },
    { applicationName: 'far engine', logger: silentLogger },
  )
  onTestFinished(() => target.close())
  return createEngine({ ...testPorts(target), definitions: sourceOf(definitions), ...ports })
}
