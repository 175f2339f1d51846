import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { addConnection, headline, hurry, poisonRoutes, queue, ROUTES, SLOW } from './pages.ts'

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(colorScheme, () => {
    // Colours are measured at rest, not on their way.
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } })

    test(`no screen of the way has a violation (${colorScheme})`, async ({ console: page, practice }) => {
      await expect(page.getByRole('link', { name: ROUTES, exact: true }).first()).toBeVisible()
      await examine(page, 'catalogue')
      await page.getByRole('link', { name: 'Runs' }).click()
      await examine(page, 'nothing installed')
      await page.getByRole('link', { name: 'Failures' }).click()
      await examine(page, 'no failures')
      await page.getByRole('link', { name: 'Connections' }).click()
      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await expect(headline(page)).toContainText('answers')
      await examine(page, 'connections')
      await page.getByRole('link', { name: 'Add connection' }).click()
      await page.getByText('Fields', { exact: true }).click()
      await examine(page, 'add connection')
      await page.getByRole('link', { name: 'Settings' }).click()
      await examine(page, 'settings')
      await page.keyboard.press('?')
      await examine(page, 'keys')
      await page.keyboard.press('Escape')

      await page.goto(page.url().replace(/#.*/, `#/practice/queue/${ROUTES}`))
      await expect(page.getByTestId('plan')).toContainText('jobs of')
      await examine(page, 'queue')
      await queue(page, ROUTES, SLOW)
      await examine(page, 'queued')
      const mend = await poisonRoutes(practice)
      await page.getByRole('button', { name: 'Run now' }).click()
      await expect(page.getByText('Job 1 succeeded')).toBeVisible()
      await examine(page, 'running')
      await hurry(page)
      await expect(headline(page)).toContainText('Failed')
      await page.getByRole('button', { name: 'As table' }).click()
      await examine(page, 'jobs as table')
      await page.getByRole('link', { name: 'Open failures' }).click()
      await expect(page.getByTestId('job-error')).toBeVisible()
      await examine(page, 'failures')
      await mend()
      await page.getByRole('button', { name: /^Retry failed/ }).click()
      await page.getByRole('link', { name: 'Open run' }).click()
      await page.getByRole('button', { name: 'Run now' }).click()
      await expect(headline(page)).toContainText('Finished, not finalized')
      await page.getByRole('link', { name: 'Verify', exact: true }).click()
      await examine(page, 'never verified')
      await page.getByRole('button', { name: 'Verify' }).click()
      await expect(headline(page)).toContainText('Holds')
      await examine(page, 'verified')
      await page.getByRole('link', { name: 'Finalize…' }).click()
      await expect(headline(page)).toContainText(/All \d gates hold/)
      await examine(page, 'finalize')
      await page.getByRole('button', { name: 'Finalize…' }).click()
      await expect(page.getByRole('button', { name: 'Finalize migration 1' })).toBeEnabled()
      await examine(page, 'finalize dialog')
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: 'History' }).click()
      await expect(page.getByRole('button', { name: 'verify' }).first()).toBeVisible()
      await examine(page, 'history')
      await addConnection(page, { name: 'production-main', environment: 'Production', database: practice.database() })
      await examine(page, 'production')
    })
  })
}

async function examine(page: Page, screen: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
  )
  expect.soft(found, screen).toEqual([])
}
