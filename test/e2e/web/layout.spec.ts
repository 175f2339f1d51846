/** Nothing is out of reach in a small window: the smallest that is supported, and a common one at 200 %. */
import type { Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { headline, poisonRoutes, queue, ROUTES, SLOW } from './pages.ts'

const SIZES = [
  { name: '1024 × 680', viewport: { width: 1_024, height: 680 }, scale: 1 },
  { name: '640 × 400 at 200 %', viewport: { width: 640, height: 400 }, scale: 2 },
]

const PLACES = [
  `catalogue/${ROUTES}`,
  `queue/${ROUTES}`,
  'connections/practice',
  'connections/new',
  'runs',
  'run/1',
  'failures/1',
  'verify/1',
  'finalize/1',
  'stepped',
  'history',
  'settings',
]

for (const { name, viewport, scale } of SIZES) {
  test.describe(name, () => {
    test.use({ viewport, deviceScaleFactor: scale })

    test(`every control can be reached (${name})`, async ({ console: page, practice }) => {
      await queue(page, ROUTES, { batchSize: 2_000, pauseMs: 0 })
      await poisonRoutes(practice)
      await page.getByRole('button', { name: 'Run now' }).click()
      await expect(headline(page)).toContainText('Failed')
      for (const place of PLACES) {
        await page.goto(page.url().replace(/#.*/, `#/practice/${place}`))
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.getByRole('status').filter({ hasText: /^(Reading|Asking)/ })).toHaveCount(0)
        expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), place).toBe(viewport.width)
        expect.soft(await page.evaluate(() => document.documentElement.scrollHeight), place).toBe(viewport.height)
        // A list that is read again moves what stands under it.
        await expect.poll(() => covered(page), { message: place }).toEqual([])
      }
    })
  })
}

test('a headline has the width of its page, and notes beside the pace are whole', async ({ console: page }) => {
  await page.setViewportSize({ width: 1_024, height: 680 })
  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('left.')
  await page.getByLabel('pause', { exact: true }).fill('2000')
  await expect(page.getByRole('button', { name: 'Set, now 1500' })).toBeVisible()

  const lines = await headline(page).evaluate(
    (element) => new Set([...element.getClientRects()].map(({ y }) => y)).size,
  )
  expect(lines).toBe(1)
  const cut = await page.locator('.knob > *').evaluateAll((parts) =>
    parts
      .filter((part) => {
        const { right } = part.getBoundingClientRect()
        const end = part.closest('.knob')?.getBoundingClientRect().right ?? 0
        return part.scrollWidth > part.clientWidth + 2 || right > end
      })
      .map(({ textContent }) => textContent),
  )
  expect(cut).toEqual([])
})

/** Controls that something else lies on, or that no scrolling brings into the window. */
async function covered(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>('main :is(button, a[href], input, select)')]
    return controls
      .filter((control) => control.checkVisibility() && !control.matches('.visually-hidden, details:not([open]) *'))
      .filter((control) => {
        control.scrollIntoView({ block: 'center', inline: 'center' })
        const { x, y, width, height } = control.getBoundingClientRect()
        const top = document.elementFromPoint(x + width / 2, y + height / 2)
        return top === null || !(control.contains(top) || top.contains(control))
      })
      .map((control) => `${control.tagName} ${control.textContent.trim().slice(0, 40)} ${control.id}`)
  })
}
