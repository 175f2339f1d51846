/** Two real databases, one called main and one ci, with a table of the same name in both. */
import { onTestFinished } from 'vitest'
import { type CommandLine, commandLineWith } from './command-line.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { fileURLToPath } from 'node:url'

export const TWO_DATABASES = fileURLToPath(new URL('../fixtures/catalogues/two-databases', import.meta.url))

export interface TwoDatabases {
  readonly main: TestDatabase
  readonly ci: TestDatabase
  /** With `--target` and `--database ci=…` before what is given. */
  readonly both: CommandLine
  readonly mapped: readonly string[]
}

export async function twoDatabases(): Promise<TwoDatabases> {
  const { main, ci } = await createTwoDatabases()
  const mapped = ['--target', main.url, '--database', `ci=${ci.url}`, '--catalogue', TWO_DATABASES]
  return { main, ci, both: commandLineWith({}), mapped }
}

export async function createTwoDatabases(): Promise<Pick<TwoDatabases, 'main' | 'ci'>> {
  const [main, ci] = await Promise.all([createTestDatabase(), createTestDatabase()])
  onTestFinished(async () => {
    await main.drop()
    await ci.drop()
  })
  for (const { query } of [main, ci]) {
    await query('CREATE TABLE builds (id bigint PRIMARY KEY, project_id bigint NOT NULL, namespace_id bigint)')
    await query('INSERT INTO builds SELECT i, i % 5 + 1, NULL FROM generate_series(1, 40) AS i')
  }
  await main.query('CREATE TABLE projects (id bigint PRIMARY KEY, namespace_id bigint, builds int)')
  await main.query('INSERT INTO projects SELECT i, i * 10, NULL FROM generate_series(1, 5) AS i')
  return { main, ci }
}
