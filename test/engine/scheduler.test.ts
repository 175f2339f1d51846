import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { hits } from '../support/queued.ts'
import { until } from '../support/until.ts'

it('work drives what is due, one migration per table, oldest first, and ends after one pass with once', async () => {
  const definitions = [hitEvery(), hitEvery({ jobClassName: 'Second' }), otherTable()]
  const bundle = await setup({
    schema: `${hitsTable(300)}; CREATE TABLE others AS SELECT n AS id, 0 AS hits FROM generate_series(1, 50) AS n; ALTER TABLE others ADD PRIMARY KEY (id)`,
    definitions,
  })
  for (const { jobClassName } of definitions) await bundle.engine.queue({ jobClassName })

  expect(await bundle.engine.work({ once: true })).toEqual({ jobsRun: 2 })

  const states = await bundle.engine.list()
  expect(states.map(({ jobClassName, jobs: { succeeded } }) => [jobClassName, succeeded])).toEqual([
    ['HitEvery', 1],
    ['Second', 0],
    ['HitOthers', 1],
  ])
  // the interval has not passed
  expect(await bundle.engine.work({ once: true })).toEqual({ jobsRun: 0 })
})

it('work goes on until it is stopped, and skips what it cannot drive with one word about it', async () => {
  const bundle = await setup({ schema: hitsTable(300), definitions: [hitEvery()] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery', intervalSeconds: 0 })
  const warnings: unknown[] = []
  const stranger = bundle.another({
    definitions: sourceOf([]),
    logger: { log: (_level, event, fields) => warnings.push([event, fields?.code]) },
  })
  const stop = new AbortController()
  const skipping = stranger.work({ signal: stop.signal })
  const working = bundle.engine.work({ signal: stop.signal })

  await until(async () => (await bundle.engine.get(migration.id)).status === 'finished' && warnings.length > 0)
  await sleep(0)
  stop.abort()

  expect(await working).toEqual({ jobsRun: 3 })
  expect(await skipping).toEqual({ jobsRun: 0 })
  expect(warnings).toEqual([['migration skipped', 'unknown_class']])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 300 }])
})

function otherTable(): ReturnType<typeof defineBatchedMigration> {
  return defineBatchedMigration({
    jobClassName: 'HitOthers',
    description: 'Another table.',
    table: 'others',
    column: 'id',
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE others SET hits = hits + 1 WHERE ${subBatch}`,
  })
}
