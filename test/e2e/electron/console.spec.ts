import { expect, test } from './window.ts'

test('the tour begins: the practice database is started, and its catalogue is there', async ({ window: { page } }) => {
  await page.getByRole('button', { name: 'Start the practice database' }).click()
  await expect(page.getByText('nothing here is real')).toBeVisible({ timeout: 90_000 })
  await page.evaluate(() => {
    window.location.hash = '#/practice/catalogue'
  })
  await expect(page.getByText('BackfillRouteNamespaceId').first()).toBeVisible()
})

test('a backend that is killed is started again, and the page goes on', async ({ window: { app, page } }) => {
  await expect(page.getByRole('main')).toBeVisible()
  const pid = await app.evaluate(
    ({ app: own }) => own.getAppMetrics().find(({ name }) => name === 'Tranche backend')?.pid ?? 0,
  )
  expect(pid).toBeGreaterThan(0)

  process.kill(pid, 'SIGKILL')

  await expect
    .poll(async () =>
      app.evaluate(({ app: own }) => own.getAppMetrics().find(({ name }) => name === 'Tranche backend')?.pid ?? 0),
    )
    .not.toBe(pid)
  await expect
    .poll(async () => page.evaluate(async () => (await window.tranche?.request('settings.get', undefined))?.ok))
    .toBe(true)
})
