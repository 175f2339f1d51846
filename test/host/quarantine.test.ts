import { expect, it } from 'vitest'
import { queue, setupPage } from '../support/console-page.ts'

it('gives the rows in quarantine page by page, and says when that was all', async () => {
  const { page, database } = await setupPage()
  const migrationId = await queue(page, 'DoubleNumbers')
  await database.query(
    `INSERT INTO tranche.quarantine (migration_id, job_id, row_key, error_class, error_message, error_stack)
     SELECT $1::bigint, 1, ARRAY[n::text], 'TypeError', 'no number ' || n, 'at transform' FROM generate_series(1, 5) AS n`,
    [migrationId],
  )
  const of = { connectionId: page.connectionId, migrationId, limit: 3 }

  const first = await page.call('failures.quarantined', of)
  const last = await page.call('failures.quarantined', { ...of, after: first.next ?? '' })

  expect(first.items.map(({ key }) => key)).toEqual([['1'], ['2'], ['3']])
  expect(last).toMatchObject({
    hasOnQuarantine: false,
    items: [
      { key: ['4'], errorClass: 'TypeError', errorMessage: 'no number 4', stack: 'at transform' },
      { key: ['5'] },
    ],
    next: null,
  })
})

it('gives the samples of queue time with their rows of now', async () => {
  const { page, database } = await setupPage()
  const migrationId = await queue(page, 'DoubleNumbers')
  await database.query('UPDATE numbers SET doubled = 2 * id')

  const samples = await page.call('verification.samples', { connectionId: page.connectionId, migrationId })

  expect(samples.length).toBeGreaterThan(5)
  const { key, before, after } = samples[3] ?? { key: [], before: {}, after: {} }
  expect(before).toMatchObject({ doubled: null })
  expect(after).toMatchObject({ doubled: 2 * Number(key[0]) })
})
