import { readFile } from 'node:fs/promises'
import type { Locator, Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { headline, poisonRoutes, queue, ROUTES, SLOW, tracked, WORKFLOWS } from './pages.ts'

test('a person queues, runs, pauses, mends failures, verifies and finalizes with the mouse', async ({
  console: page,
  practice,
}) => {
  await queue(page, ROUTES, SLOW)
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 1, succeeded: 0 })
  const mend = await poisonRoutes(practice)

  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Running')
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(headline(page)).toContainText('Nothing of it is running')
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 0 })

  await page.getByLabel('pause', { exact: true }).fill('0')
  await page.getByRole('button', { name: 'Set, now 1500' }).click()
  await expect(page.getByLabel('pause', { exact: true })).toHaveValue('0')
  await page.getByRole('button', { name: 'Resume and run' }).click()
  await expect(headline(page)).toContainText('Failed')
  const { failed } = await tracked(practice, ROUTES)
  expect(failed).toBeGreaterThan(0)
  await page.getByRole('link', { name: 'Open failures' }).click()
  await expect(headline(page)).toContainText(`${String(failed)} ${failed === 1 ? 'job' : 'jobs'} failed, for 1 reason`)
  await expect(page.getByTestId('job-error')).toContainText('may not be changed')

  await mend()
  await page.getByRole('button', { name: /^Retry failed/ }).click()
  await expect(headline(page)).toContainText('will be tried again')
  await page.getByRole('link', { name: 'Open run' }).click()
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
  const done = await tracked(practice, ROUTES)
  expect(done).toMatchObject({ status: 3, failed: 0 })
  await expect(headline(page)).toContainText(`${String(done.succeeded)} jobs succeeded`)

  await page.getByRole('link', { name: 'Verify', exact: true }).click()
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(headline(page)).toContainText('Holds')
  await page.getByRole('link', { name: 'Finalize…' }).click()
  await expect(headline(page)).toContainText(/All \d gates hold/)
  await page.getByRole('button', { name: 'Finalize…' }).click()
  await page.getByRole('button', { name: 'Finalize migration 1' }).click()
  await expect(headline(page)).toContainText('is sealed')
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 6 })

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export report' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/\.md$/)
  expect(await readFile(await download.path(), 'utf8')).toContain(ROUTES)
})

test('a person takes the same way by keyboard alone', async ({ console: page, practice }) => {
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await press('g', 'c')
  await expect(page.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible()
  await press('g', 'm')
  await expect(page.getByRole('link', { name: WORKFLOWS }).first()).toBeVisible()
  const wanted = page.getByRole('link', { name: WORKFLOWS, exact: true }).first()
  await expect(async () => {
    await press('j')
    await expect(wanted).toBeFocused({ timeout: 100 })
  }).toPass({ intervals: [0] })
  await press('Enter')
  await expect(page).toHaveURL(new RegExp(`catalogue/${WORKFLOWS}`))
  await press('q')
  await expect(page.getByTestId('plan')).toContainText('jobs of')
  await tabTo(page, page.getByLabel('batch size, rows', { exact: true }))
  await page.keyboard.type(String(SLOW.batchSize))
  await tabTo(page, page.getByLabel('pause, ms'))
  await page.keyboard.type(String(SLOW.pauseMs))
  await tabTo(page, page.getByRole('button', { name: 'Install tracking schema' }))
  await press('Enter')
  await expect(page.getByRole('button', { name: 'Queue', exact: true })).toBeEnabled()
  await tabTo(page, page.getByRole('button', { name: 'Queue', exact: true }))
  await press('Enter')
  await expect(headline(page)).toContainText('Queued')

  await press('.')
  await expect(headline(page)).toContainText('Running')
  await press('Space')
  await expect(headline(page)).toContainText('Nothing of it is running')
  expect(await tracked(practice, WORKFLOWS)).toMatchObject({ status: 0 })
  const pause = page.getByLabel('pause', { exact: true })
  await tabTo(page, pause)
  await page.keyboard.type('0')
  await press('Enter')
  await expect(pause).toBeEnabled()
  await expect(pause).toHaveValue('0')
  await tabTo(page, pause)
  await press('Escape', 'Space')
  await expect(headline(page)).toContainText('Finished, not finalized')
  expect(await tracked(practice, WORKFLOWS)).toMatchObject({ status: 3, failed: 0 })

  await tabTo(page, page.getByRole('slider'))
  await press('Home', 'ArrowRight')
  await expect(page.getByTestId('readout')).toContainText('succeeded')
  await press('Enter')
  await expect(page.getByRole('heading', { name: 'Transition log' })).toBeVisible()
  await press('3')
  await expect(headline(page)).toContainText('Not verified yet')
  await press('v')
  await expect(headline(page)).toContainText('Holds')
  await press('4')
  await expect(headline(page)).toContainText(/All \d gates hold/)
  await tabTo(page, page.getByRole('button', { name: 'Finalize…' }))
  await press('Enter')
  await tabTo(page, page.getByRole('button', { name: 'Finalize migration 1' }))
  await press('Enter')
  await expect(headline(page)).toContainText('is sealed')
  expect(await tracked(practice, WORKFLOWS)).toMatchObject({ status: 6 })
  await press('g', 'h')
  await expect(page.getByRole('button', { name: 'finalized' })).toBeVisible()
  await press('?')
  await expect(page.getByRole('dialog')).toContainText('move along the rows')
  await press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

/** As somebody without a mouse gets there. */
async function tabTo(page: Page, goal: Locator): Promise<void> {
  await expect(goal).toBeVisible()
  for (let count = 0; count < 80; count += 1) {
    if (await goal.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error('80 times Tab did not lead there')
}
