/** What keyboard and screen reader meet on every page: one stop for each list, a focus that is never nowhere, keys. */
import type { Locator, Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { examine } from './examine.ts'
import { headline, poisonRoutes, queue, ROUTES, WORKFLOWS } from './pages.ts'

// Colours are measured at rest, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } })

const heading = (page: Page): Locator => page.getByRole('heading', { level: 1 })

/** Presses Enter on a button. One that is still disabled takes no focus, and Enter would go to its neighbour. */
async function enter(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name: new RegExp(`^${name}`) })
  await expect(button).toBeEnabled()
  await button.focus()
  await expect(button).toBeFocused()
  await page.keyboard.press('Enter')
}

/** How many stops of Tab a list is. */
const stops = async (list: Locator): Promise<number> => list.locator('[data-row]:not([tabindex="-1"])').count()

test('a list is one stop, from which the arrows lead on', async ({ console: page }) => {
  const list = page.getByRole('table', { name: 'Definitions' })
  await expect(list.getByRole('link', { name: ROUTES, exact: true })).toBeVisible()
  expect(await list.locator('[data-row]').count()).toBeGreaterThan(5)
  await expect.poll(() => stops(list)).toBe(1)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
  await expect(list.locator('[data-row]').last()).toBeFocused()
  await expect.poll(() => stops(list)).toBe(1)
  await page.keyboard.press('Home')
  await expect(list.locator('[data-row]').first()).toBeFocused()
})

test('another page takes the focus to its heading, and its name to the window', async ({ console: page }) => {
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await expect(heading(page)).toBeFocused()
  await expect(page).toHaveTitle('PRACTICE Practice · History — Tranche')
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await expect(heading(page)).toBeFocused()
  await expect(page).toHaveTitle('PRACTICE Practice · Catalogue — Tranche')
  await page.goto(page.url().replace(/#.*/, `#/practice/queue/${ROUTES}`))
  await expect(page).toHaveTitle(`PRACTICE Practice · Queue ${ROUTES} — Tranche`)
})

test('what is done does not lose the focus', async ({ console: page }) => {
  await page.goto(page.url().replace(/#.*/, `#/practice/queue/${WORKFLOWS}`))
  await enter(page, 'Install tracking schema')
  await expect(page.getByRole('button', { name: 'Queue', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(headline(page)).toContainText('Queued')
  await expect(heading(page)).toBeFocused()
  await page.keyboard.press('.')
  await expect(headline(page)).toContainText('Finished, not finalized')
  await page.keyboard.press('3')
  await expect(heading(page)).toBeFocused()
  await enter(page, 'Verify')
  await expect(headline(page)).toContainText('Holds')
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY')
  await page.keyboard.press('4')
  await expect(headline(page)).toContainText(/All \d gates hold/)
  await enter(page, 'Finalize…')
  await enter(page, 'Finalize migration 1')
  await expect(headline(page)).toContainText('is sealed')
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY')
})

test('rail and panel are closed by key, and a row is copied', async ({ console: page, practice, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  // Its names stay for screen readers; only their room goes.
  const railWidth = async (): Promise<number> =>
    (await page.getByRole('navigation', { name: 'Places' }).boundingBox())?.width ?? 0
  const open = await railWidth()
  await page.keyboard.press('[')
  await expect.poll(railWidth).toBeLessThan(open / 2)
  await page.keyboard.press('[')
  await expect.poll(railWidth).toBe(open)
  const dossier = page.getByRole('complementary', { name: 'Dossier' })
  await expect(dossier).toBeVisible()
  await page.keyboard.press(']')
  await expect(dossier).toBeHidden()
  await page.keyboard.press(']')
  await expect(dossier).toBeVisible()

  await queue(page, ROUTES, { batchSize: 2_000, pauseMs: 0 })
  await poisonRoutes(practice)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Failed')
  await page.keyboard.press('g')
  await page.keyboard.press('f')
  await expect(page.getByTestId('job-error')).toBeVisible()
  const jobs = page.getByRole('region', { name: 'Jobs of this group' }).getByRole('link')
  await page.keyboard.press('n')
  await expect(jobs.nth(1)).toBeFocused()
  await expect(jobs.nth(1)).toHaveAttribute('aria-current', 'true')
  await jobs.first().focus()
  await page.keyboard.press('ControlOrMeta+c')
  await expect(page.getByText('Copied row')).toBeVisible()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toMatch(/^job \d+ of BackfillRouteNamespaceId \(\d+ – \d+\): check_violation \(23514\): route \d+ may/)
})

test('the palette finds verbs and places; a verb that changes more only leads to its screen', async ({
  console: page,
}) => {
  const palette = page.getByRole('dialog', { name: 'Commands' })
  await page.getByLabel('Search definitions').focus()
  await page.keyboard.press('ControlOrMeta+k')
  await expect(palette.getByRole('option', { name: `Queue ${ROUTES}` })).toBeVisible()
  await examine(page, 'palette')
  await page.keyboard.press('ControlOrMeta+k')
  await expect(palette).toBeHidden()
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('queue route')
  await expect(palette.getByRole('option').first()).toContainText(`Queue ${ROUTES}`)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`queue/${ROUTES}$`))
  await expect(palette).toBeHidden()
  await expect(heading(page)).toBeFocused()
  await queue(page, ROUTES, { pauseMs: 0 })
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('delete')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/run\/1$/)
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('pause')
  await page.keyboard.press('Enter')
  await expect(headline(page)).toContainText('Nothing of it is running')
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('no such thing')
  await expect(palette.getByText('Nothing is named like that')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(palette).toBeHidden()
})
