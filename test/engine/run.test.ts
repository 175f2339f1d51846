import { expect, it } from 'vitest'
import { setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'

it('runs a migration to its end: every row once, every job succeeded and logged', async () => {
  const { engine, query } = await setup({ schema: hitsTable(1_234), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })

  const outcome = await engine.run(migration.id)

  expect(outcome).toMatchObject({ reason: 'finished', done: true, jobsRun: 13, rows: { scanned: 1_234, changed: 1_234 } })
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: 1_234 }])
  expect(await engine.get(migration.id)).toMatchObject({
    status: 'finished',
    jobs: { pending: 0, running: 0, retriable: 0, blocked: 0, succeeded: 13 },
    progress: { percentByKey: 100, percentByRows: 100 },
    runners: [],
  })
  expect(await query('SELECT * FROM tranche.table_leases')).toEqual([])
})
