/** What failed, on one page: every migration with failures, errors in their parts, and the rows in quarantine. */
import { expect, test } from './console.ts'
import { examine } from './examine.ts'
import { headline, poisonRoutes, queue, ROUTES, WORKFLOWS } from './pages.ts'

// Colours are measured at rest, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } })

test('failures list every migration that has some, and the rows in quarantine with their errors', async ({
  console: page,
  practice,
}) => {
  await queue(page, ROUTES, { batchSize: 500, pauseMs: 0 })
  await poisonRoutes(practice)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Failed')
  await queue(page, WORKFLOWS, { pauseMs: 0 })
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
  await practice.query(
    `INSERT INTO tranche.quarantine (migration_id, job_id, row_key, error_class, error_message, error_stack)
     SELECT 2, (SELECT max(id) FROM tranche.batched_background_migration_jobs), ARRAY['4' || n], 'DevfileError',
            'no command ' || n, E'DevfileError: no command\n    at commandOf'
       FROM generate_series(1, 120) AS n`,
  )
  await practice.query(
    `UPDATE tranche.job_progress SET quarantined = 120
      WHERE job_id = (SELECT max(id) FROM tranche.batched_background_migration_jobs)`,
  )

  // The one that wants somebody, though it is not the newest.
  await page
    .getByRole('link', { name: /^Failures/ })
    .first()
    .click()
  await expect(page).toHaveURL(/failures\/1$/)
  await expect(headline(page)).toContainText('failed, for 1 reason.')
  await expect(page.getByTestId('job-error')).toContainText('23514 check_violation')
  await expect(page.getByRole('region', { name: 'Groups' })).toContainText('route ‹n› may not be changed')
  await page.getByText('Statement of a sub-batch').click()
  await expect(page.getByLabel('Statement of a sub-batch')).toContainText('UPDATE')
  const others = page.getByRole('region', { name: 'Migrations with failures' })
  await expect(others.getByRole('link')).toHaveCount(2)
  await examine(page, 'failures of several migrations')

  await others.getByRole('link', { name: WORKFLOWS }).click()
  await expect(headline(page)).toHaveText('120 rows are in quarantine; no job is failed.')
  const rows = page.getByRole('table', { name: 'Rows in quarantine' })
  await expect(rows.getByRole('button')).toHaveCount(100)
  await page.getByRole('button', { name: 'More' }).click()
  await expect(rows.getByRole('button')).toHaveCount(120)
  await rows.getByRole('button').nth(1).click()
  const row = page.getByRole('complementary', { name: 'Row in quarantine' })
  await expect(row).toContainText('no command 2')
  await expect(row.getByRole('region', { name: 'Stack' })).toContainText('at commandOf')
  await examine(page, 'rows in quarantine')

  await page.getByRole('link', { name: /^Verify/ }).click()
  await page.getByRole('link', { name: 'quarantined' }).click()
  await expect(page).toHaveURL(/failures\/2\/quarantine$/)
})
