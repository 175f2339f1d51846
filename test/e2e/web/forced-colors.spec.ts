/** Where the system chooses the colours, what is chosen and what a shape means can still be told apart. */
import type { Locator, Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { headline, queue, ROUTES, SLOW } from './pages.ts'

test.use({ contextOptions: { forcedColors: 'active' } })

const backgroundOf = async (locator: Locator): Promise<string> =>
  locator.evaluate((element) => getComputedStyle(element).backgroundColor)

test('strip, legend and what is chosen are distinguishable in forced colours', async ({ console: page }) => {
  const segments = page.locator('.segmented label')
  await expect(segments.first()).toBeVisible()
  expect(await backgroundOf(segments.first())).not.toBe(await backgroundOf(segments.nth(1)))
  expect(await backgroundOf(page.locator('tr.on > td').first())).not.toBe(
    await backgroundOf(page.locator('tr.open:not(.on) > td').first()),
  )

  await queue(page, ROUTES, SLOW)
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Running')
  await expect(page.getByText('Job 1 succeeded')).toBeVisible()

  const [runs, history] = ['Runs', 'History'].map((name) => page.locator(`.rail [title=${name}]`))
  if (runs === undefined || history === undefined) throw new Error('the rail has both')
  expect(await backgroundOf(runs)).not.toBe(await backgroundOf(history))
  const swatches = await Promise.all(
    ['done', 'failed', 'running'].map(async (name) => backgroundOf(page.locator(`.legend i.${name}`))),
  )
  expect(new Set(swatches).size).toBe(swatches.length)
  // Succeeded, running and pending, on a ground of their own.
  await expect.poll(async () => coloursOf(page)).toBeGreaterThanOrEqual(4)
})

/** How many colours fill a good part of the strip. */
async function coloursOf(page: Page): Promise<number> {
  return page.locator('.strip canvas').evaluate((element) => {
    const canvas = element as HTMLCanvasElement
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    const counts = new Map<string, number>()
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.slice(at, at + 4).join(' ')
      counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
    return [...counts.values()].filter((count) => count > 40).length
  })
}
