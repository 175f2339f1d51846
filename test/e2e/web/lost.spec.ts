import { expect, test } from './console.ts'
import { headline, hurry, queue, ROUTES, SLOW, tracked } from './pages.ts'

test('a target that is killed in the middle of a run is told, and the run goes on when it is back', async ({
  console: page,
  practice,
}) => {
  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(page.getByText('Job 2 succeeded')).toBeVisible()

  const start = await practice.kill()

  await expect(page.locator('.band')).toContainText('no answer since')
  await expect(page.locator('.status')).toContainText('No connection since')
  await expect(headline(page)).toContainText('Connection lost')
  await page.getByRole('link', { name: 'History' }).click()
  await expect(headline(page)).toContainText('cannot be reached')
  await expect(page.getByRole('button', { name: 'queue' })).toBeVisible()
  await page.goBack()
  // What was copied is shown meanwhile, and nothing is said to run.
  await expect(page.getByTestId('legend')).toContainText('succeeded')
  await expect(page.getByRole('navigation', { name: 'Steps' })).toContainText('no answer')
  await start()
  await expect(page.locator('.band')).not.toContainText('no answer')
  await expect(headline(page)).toContainText('Running')
  await hurry(page)
  await expect(headline(page)).toContainText('Finished, not finalized')
  await expect(page.getByText('Connection back')).toBeVisible()
  const [{ rows, done } = { rows: '', done: '' }] = await practice.query<{ rows: string; done: string }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE namespace_id = source_id) AS done
       FROM routes WHERE source_type <> 'UnusedType'`,
  )
  const { status, scanned } = await tracked(practice, ROUTES)
  expect({ status, scanned: String(scanned), done }).toEqual({ status: 3, scanned: rows, done: rows })
})
