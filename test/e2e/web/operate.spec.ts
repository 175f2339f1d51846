/** What an operator does when a run does not go its way: holds, failed jobs, starting over. */
import { expect, test } from './console.ts'
import { examine } from './examine.ts'
import { headline, makeUnhealthy, poisonRoutes, queue, ROUTES, tracked } from './pages.ts'

// Colours are measured at rest, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } })

test('a hold says which indicator, its value and limit, and until when; it is passed over on request', async ({
  console: page,
  practice,
}) => {
  const letGo = await makeUnhealthy(page, practice)
  await examine(page, 'thresholds')
  await queue(page, ROUTES, { batchSize: 500, pauseMs: 0 })
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('On hold')
  const hold = page.getByTestId('hold')
  await expect(hold).toContainText('On hold: long transactions')
  await expect(hold).toContainText('at the latest, earlier when the signal clears')
  await expect(hold).toContainText(/limit 0 ms/)
  await expect(page.getByTestId('health')).toContainText('not available')
  await expect(page.getByTestId('health').getByText(/is in a transaction for/)).toBeVisible()
  await expect(page.getByRole('region', { name: 'Events' })).toContainText(/On hold until .*: long transactions: /)
  await examine(page, 'on hold')

  await page.getByRole('button', { name: 'Run anyway…' }).click()
  await expect(page.getByRole('alertdialog')).toContainText('no indicator is asked until that run ends')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Run anyway' }).click()

  await expect(headline(page)).toContainText('Finished, not finalized')
  await expect(page.getByText('Run started, health is ignored')).toBeVisible()
  await letGo()
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 3 })
})

test('a failed job is split, and one job is run alone', async ({ console: page, practice }) => {
  await queue(page, ROUTES, { batchSize: 500, pauseMs: 0 })
  const mend = await poisonRoutes(practice)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Failed')
  await page.getByRole('link', { name: /^Finalize/ }).click()
  await expect(headline(page)).toContainText('Failed jobs would be tried again')
  await expect(page.getByText('failed with all attempts used')).toBeVisible()
  await examine(page, 'gates of a failed migration')
  await page.getByRole('link', { name: 'Open failures' }).click()
  await expect(page.getByTestId('job-error')).toBeVisible()
  await expect(page.getByRole('rowgroup', { name: 'Attempts used' })).toBeVisible()
  await mend()

  await page.getByRole('button', { name: 'Split in two' }).click()
  await expect(page.getByRole('rowgroup', { name: 'Will be tried again' })).toContainText('(2)')
  await page.getByText('Half size').click()
  await page.getByRole('button', { name: /^Retry failed/ }).click()
  await expect(headline(page)).toContainText(/No job is failed now|will be tried again/)
  await examine(page, 'after a split')
  const before = await tracked(practice, ROUTES)
  await page.getByRole('button', { name: 'Run this job' }).click()
  await expect.poll(async () => (await tracked(practice, ROUTES)).succeeded).toBe(before.succeeded + 1)
  await page.getByRole('link', { name: 'Open run' }).click()
  await expect(page.getByText(/was split: job \d+ has the second half/).first()).toBeVisible()
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
})

test('a migration is requeued and deleted, and both stay readable', async ({ console: page, practice }) => {
  await queue(page, ROUTES, { batchSize: 2_000, pauseMs: 0 })
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')

  await page.getByRole('button', { name: 'Requeue…' }).click()
  await page.getByRole('button', { name: 'Requeue migration 1' }).click()
  await expect(page).toHaveURL(/practice\/run\/2$/)
  await expect(headline(page)).toContainText('Queued')
  await page.getByRole('button', { name: 'Delete…' }).click()
  await examine(page, 'deleting')
  await page.getByRole('button', { name: 'Delete migration 2' }).click()
  await expect(page).toHaveURL(/practice\/runs$/)

  await page.getByRole('link', { name: 'History' }).click()
  await page.getByText('Archive', { exact: true }).click()
  const archive = page.getByRole('table', { name: 'Archived migrations' })
  await expect(archive.getByRole('row').nth(1)).toContainText('deleted')
  await expect(archive.getByRole('row').nth(2)).toContainText('requeued as migration 2')
  await examine(page, 'archive')
  expect(await practice.query('SELECT 1 FROM tranche.batched_background_migrations')).toEqual([])
})
