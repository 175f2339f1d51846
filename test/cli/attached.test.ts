/** The command line on tracking tables of GitLab's own: what it shows is true there, and what it names works there. */
import { expect, it, onTestFinished } from 'vitest'
import { GITLAB_SCHEMA } from '../support/gitlab-schema.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import {
  type Answer,
  type CommandLine,
  commandLine,
  commandLineWith,
  containing,
  type JsonAnswer,
  valueOf,
} from './command-line.ts'
import type { CliValues } from '../../src/shared/cli-output.ts'

interface Attached extends Pick<CommandLine, 'run' | 'json'> {
  readonly database: TestDatabase
  readonly home: string
}

async function attached(): Promise<Attached> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  await database.query(GITLAB_SCHEMA)
  const home = await temporaryFolder()
  const line = commandLine(database.connection, { TRANCHE_HOME: home })
  const schema = ['--tracking-schema', 'public']
  return {
    database,
    home,
    run: (...args): Promise<Answer> => line.run(...args, ...schema),
    json: <Name extends keyof CliValues>(
      name: Name,
      ...args: readonly string[]
    ): Promise<JsonAnswer<CliValues[Name]>> => line.json(name, ...args, ...schema),
  }
}

it('shows one migration in full, with what the indicators say of its table', async () => {
  const { run, json } = await attached()
  const { migrations, health } = valueOf(await json('status', 'Backfill1'))
  expect(migrations).toMatchObject([{ id: '2', status: 'active', isAttached: true, database: 'main' }])
  expect(health?.map(({ indicator, signal }) => [indicator, signal])).toContainEqual(['autovacuum', 'normal'])
  expect(health).toContainEqual(
    expect.objectContaining({ indicator: 'lock_waits', signal: 'not_available', reason: containing('GitLab') }),
  )
  const { stdout } = await run('status', '5')
  expect(stdout).toContain('Finalizing, by GitLab: 200 of ')
  expect(stdout).toContain('! GitLab counts the size of each succeeded job as scanned')
  expect(stdout).not.toContain('crash')
})

it('lists it as attached, and takes the ids that it shows, whichever schema of GitLab’s they are of', async () => {
  const { database, home, run, json } = await attached()
  await database.query("UPDATE batched_background_migrations SET gitlab_schema = 'gitlab_main_org' WHERE id = 1")
  const { target, migrations } = valueOf(await json('list'))
  expect(target).toMatchObject({ isInstalled: false, isAttached: true })
  expect(migrations.map(({ id, database: name }) => `${name} ${id}`)).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((id) => `main ${String(id)}`),
  )
  const { stdout } = await run('list')
  expect(stdout).toContain("attached to GitLab's own tracking tables (read, pause, resume and retry only)")
  expect(stdout).toMatch(/^ *7 {2}BackfillCursor/m)
  expect((await run('failures', 'main_7')).stdout).toContain('used all attempts')

  const asCi = ['--database', `ci=${database.url}`, '--tracking-schema', 'public']
  const unnamed = commandLineWith({ TRANCHE_HOME: home })
  expect((await unnamed.run('status', ...asCi)).stdout).toMatch(/^ *ci_7 {2}BackfillCursor/m)
  expect(await unnamed.run('wait', 'ci_3', ...asCi)).toMatchObject({
    exitCode: 0,
    stdout: containing('Backfill3 (ci_3) is finished'),
  })
})

it('names nothing that is refused there when it pauses, resumes and retries', async () => {
  const { run, json } = await attached()
  expect((await run('pause', '2')).stdout).toContain("is paused; GitLab's workers end with the job in hand.")
  expect((await run('resume', '2')).stdout).toContain("is active. GitLab's workers drive it.")
  expect((await run('retry', '4')).stdout).toContain(
    "2 jobs of Backfill4 (4) will be tried again. GitLab's workers drive it.",
  )
  const refused = await run('pause', '5')
  expect(refused).toMatchObject({ exitCode: 5, stderr: containing('illegal_transition') })
  expect(refused.stderr).toContain('GitLab finalizes it, and its tables keep no status to go back to')

  // Nothing of ours is written there: who did what is kept on this machine.
  expect(valueOf(await json('events', '2'))).toMatchObject([
    { migrationId: '2', kind: 'pause', details: { from: 'active', to: 'paused' } },
    { migrationId: '2', kind: 'resume', details: { from: 'paused', to: 'active' } },
  ])
  expect((await run('events', '4')).stdout).toMatch(/UTC {2}retry {2}by .+ {2}from=failed {2}to=active {2}retried=2/)
})
