/** Somebody drops the tracking schema while it is used. */
import { expect, it } from 'vitest'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'

it('says that the tracking schema is gone where somebody drops it under a run', async () => {
  const bundle = await setup({
    schema: hitsTable(400),
    definitions: [hitEvery({ batchSize: 20, subBatchSize: 10, pauseMs: 5 })],
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  const succeeded = bundle.until('job:succeeded')
  const running = bundle.engine.run(migration.id)
  const ended = expect(running).rejects.toMatchObject({ code: 'not_installed', remedy: 'Run: tranche install' })
  await succeeded
  await bundle.query('DROP SCHEMA tranche CASCADE')

  await ended
  const [counts] = await bundle.query<{ most: number; hit: number }>(
    'SELECT max(hits) AS most, sum(hits)::int AS hit FROM items',
  )
  expect(counts?.most).toBe(1)
  expect(counts?.hit).toBeLessThan(400)
})
