import { expect, test } from './console.ts'
import { headline, hurry, queue, ROUTES, SLOW, tracked } from './pages.ts'

test('a reload in the middle of a run shows the same run, and the run goes on', async ({ console: page, practice }) => {
  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(page.getByText('Job 2 succeeded')).toBeVisible()

  await page.reload()

  await expect(page).toHaveURL(/practice\/run\/1$/)
  await expect(headline(page)).toContainText('Running')
  await expect(page.getByText('Job 1 succeeded')).toBeVisible()
  await hurry(page)
  await expect(headline(page)).toContainText('Finished, not finalized')
  const { succeeded, status } = await tracked(practice, ROUTES)
  expect(status).toBe(3)
  await expect(page.getByRole('slider')).toHaveAttribute('aria-valuemax', String(succeeded))
})

test('a second console sees the run of the first, and pauses it', async ({ console: page, practice, browser }) => {
  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Running')
  const second = await practice.start()
  const context = await browser.newContext()
  const other = await context.newPage()

  await other.goto(await second.url())
  await other.getByRole('link', { name: 'Runs' }).click()
  await other.getByRole('link', { name: ROUTES, exact: true }).last().click()
  await expect(headline(other)).toContainText('Running')
  await expect(other.getByText(/Driven by .+ pid \d+/)).toBeVisible()
  await other.getByRole('button', { name: 'Pause' }).click()

  await expect(headline(other)).toContainText('Nothing of it is running')
  await expect(headline(page)).toContainText('Nothing of it is running')
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 0 })
  await context.close()
})

test('stopping ends the run and leaves the migration active', async ({ console: page, practice }) => {
  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Running')

  await page.getByRole('button', { name: 'Stop', exact: true }).click()

  await expect(headline(page)).toContainText('nobody drives it')
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 1 })
})
