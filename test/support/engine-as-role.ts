import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createEngine, type Engine, type EnginePorts } from '../../src/engine/engine.ts'
import { openTarget } from '../../src/engine/target/open-target.ts'
import { silentLogger, testPorts } from './engine-ports.ts'
import type { TestDatabase } from './test-database.ts'

export interface RoleBundle {
  readonly role: string
  readonly engine: Engine
}

/**
 * An engine that connects as a role of its own, without any privilege but those that `grants` gives to it. The role, and
 * what it owns in the database, is gone when the test is over.
 */
export async function engineAsRole(
  database: TestDatabase,
  {
    grants = () => [],
    ports = {},
  }: { grants?: (role: string) => readonly string[]; ports?: Partial<EnginePorts> } = {},
): Promise<RoleBundle> {
  const role = `role_${randomBytes(5).toString('hex')}`
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of a test'`)
  const { host, port, database: name } = database.connection
  const target = openTarget(
    { host, port, user: role, database: name, password: () => Promise.resolve('of a test'), tls: false },
    { applicationName: 'tranche test', logger: silentLogger },
  )
  onTestFinished(async () => {
    await target.close()
    await database.query(`DROP OWNED BY ${role} CASCADE`)
    await database.query(`DROP ROLE ${role}`)
  })
  for (const grant of grants(role)) await database.query(grant)
  return { role, engine: createEngine({ ...testPorts(target), ...ports }) }
}
