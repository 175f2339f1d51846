import { expect, test } from './console.ts'
import { addConnection, headline, ROUTES, tracked } from './pages.ts'

test('production asks before it queues and runs, and for the typed phrase before it finalizes', async ({
  console: page,
  practice,
}) => {
  const url = practice.database()
  const database = new URL(url).pathname.slice(1)
  await addConnection(page, { name: 'production-main', environment: 'Production', database: url })
  await expect(page.locator('.window')).toHaveAttribute('data-env', 'production')

  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await page.getByRole('link', { name: ROUTES, exact: true }).first().click()
  await page.getByRole('link', { name: 'Queue…' }).click()
  await page.getByRole('button', { name: 'Install tracking schema' }).click()
  await expect(page.getByRole('alertdialog')).toContainText('Install on PRODUCTION')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Install tracking schema' }).click()
  await page.getByRole('button', { name: 'Review & queue…' }).click()
  await expect(page.getByRole('alertdialog')).toContainText('Queue on PRODUCTION')
  await page.getByRole('button', { name: 'Queue migration' }).click()
  await expect(headline(page)).toContainText('Queued')
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.getByRole('button', { name: 'Run migration' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')

  await page.getByRole('link', { name: /^Finalize/ }).click()
  await page.getByRole('button', { name: 'Finalize…' }).click()
  const finalize = page.getByRole('button', { name: 'Finalize migration 1' })
  const field = page.getByLabel('Type this phrase')
  await field.fill(`finalize ${ROUTES} on`)
  await expect(finalize).toBeDisabled()
  await field.fill(`finalize ${ROUTES} on ${database} `)
  await expect(finalize).toBeDisabled()
  await field.fill(`finalize ${ROUTES} on ${database}`)
  await expect(finalize).toBeEnabled()
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 3 })
  await finalize.click()
  await expect(headline(page)).toContainText('is sealed')
  expect(await tracked(practice, ROUTES)).toMatchObject({ status: 6 })
})

test('production is taken from a connection with the typed phrase only, and stays told', async ({
  console: page,
  practice,
}) => {
  const url = practice.database()
  const database = new URL(url).pathname.slice(1)
  await addConnection(page, { name: 'orders', environment: 'Production', database: url })
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await page.getByRole('radio', { name: 'Practice', exact: true }).check({ force: true })
  await page.getByRole('button', { name: 'Save', exact: true }).click()

  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText('Take production from orders')
  const change = dialog.getByRole('button', { name: 'Change to practice' })
  await expect(change).toBeDisabled()
  await dialog.getByLabel('Type this phrase').fill(`lower orders on ${database}`)
  await change.click()

  await expect(dialog).toBeHidden()
  await expect(page.getByText(/^it was production until/)).toBeVisible()
})
