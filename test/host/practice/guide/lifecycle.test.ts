/** What GitLab's guide says about the time after queueing: requeue, clean up, look at failures. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createEngineHost } from '../../../../src/host/create-engine-host.ts'
import { toParameters } from '../../../../src/host/practice/find-practice-target.ts'
import { PRACTICE_CATALOGUE } from '../../../../src/host/practice/open-practice.ts'
import { silentLogger } from '../../../support/engine-ports.ts'
import { practised } from '../../../support/practised.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const CLASS = 'SplitIntegrationProperties'
const FILE = 'guide/split-integration-properties.ts'
const PAGE = new URL('../../../../docs/from-gitlab.md', import.meta.url)

/** A catalogue with that one definition, with a slip of the pen or as it should be. */
async function writeCatalogue(folder: string, change: (text: string) => string): Promise<void> {
  await mkdir(join(folder, 'guide'), { recursive: true })
  await writeFile(join(folder, FILE), change(await readFile(join(PRACTICE_CATALOGUE, FILE), 'utf8')))
}

it('requeues a migration whose bug is fixed, and repairs what the bug wrote', async () => {
  const catalogueFolder = await temporaryFolder()
  await writeCatalogue(catalogueFolder, (text) => text.replace(`->> 'url' AS url`, `->> 'uri' AS url`))
  const practice = await practised({ catalogueFolder })
  const first = await practice.run(CLASS)
  expect(first.outcome).toMatchObject({ reason: 'finished', rows: { changed: 200 } })
  expect(await first.engine.verify(first.migrationId)).toMatchObject({ holds: false })
  await expect(first.engine.finalize(first.migrationId)).rejects.toMatchObject({ code: 'check_failed' })

  await writeCatalogue(catalogueFolder, (text) => text)
  const patched = await createEngineHost({
    databases: new Map([['main', { parameters: toParameters(practice.main.connection) }]]),
    catalogueFolder,
    logger: silentLogger,
  })
  onTestFinished(() => patched.close())
  const { engine } = patched.main
  const { archived, migration } = await engine.requeue(first.migrationId, { pauseMs: 0 })

  expect([archived.id, migration.id]).toEqual([first.migrationId, '2'])
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 200 } })
  expect(await engine.finalize(migration.id)).toMatchObject({ migration: { status: 'finalized' } })
  // An upgrade over both releases queues it once more: that is the same one.
  expect(await engine.queue({ jobClassName: CLASS })).toMatchObject({ duplicate: true, migration: { id: '2' } })
})

it('refuses to clean up while it is unfinished, and else completes the remainder first', async () => {
  const practice = await practised()
  const { engine } = practice.host.main
  const { migration } = await engine.queue({ jobClassName: CLASS, batchSize: 100, pauseMs: 0 })
  await engine.run(migration.id, { maxJobs: 1 })

  await expect(engine.finalize(migration.id, { noRun: true })).rejects.toMatchObject({ code: 'unfinished' })
  expect(await engine.finalize(migration.id)).toMatchObject({
    migration: { status: 'finalized' },
    run: { rows: { changed: 100 } },
  })
})

it('finds failures by the query of the page, and goes on when the rows are put right', async () => {
  const practice = await practised({ rows: 20_000, withTrouble: true })
  const ran = await practice.run(CLASS)
  expect(ran.outcome).toMatchObject({ reason: 'failed' })

  const [, query = ''] = /```sql\n(SELECT migration\.id[\s\S]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? []
  const failures = await practice.main.query(query.replace('CLASS_NAME', CLASS))
  expect(new Set(failures.map((row) => row.exception_message as string))).toEqual(
    new Set([
      expect.stringContaining('check_integrations_timeout_is_positive') as string,
      expect.stringContaining('invalid input syntax for type integer: "soon"') as string,
    ]),
  )

  await practice.main.query(
    `UPDATE public.integrations SET properties = properties - 'timeout' WHERE properties ->> 'timeout' IN ('0', 'soon')`,
  )
  await ran.engine.retry(ran.migrationId)
  expect(await ran.engine.run(ran.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await ran.engine.finalize(ran.migrationId)).toMatchObject({ migration: { status: 'finalized' } })
})
