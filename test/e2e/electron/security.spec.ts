import { expect, test } from './window.ts'

test('the page has two functions and nothing of Node', async ({ window: { page } }) => {
  expect(await page.evaluate(() => window.location.origin)).toBe('app://console')
  expect(await page.evaluate(() => Object.keys(window.tranche ?? {}).sort())).toEqual(['request', 'subscribe'])
  for (const name of ['require', 'process', 'module', 'Buffer', 'electron']) {
    expect([name, await page.evaluate((of) => typeof Reflect.get(window, of), name)]).toEqual([name, 'undefined'])
  }
})

test('the policy holds: no eval, no network, no foreign script', async ({ window: { page } }) => {
  const outcome = await page.evaluate(async () => {
    const of = async (attempt: () => unknown): Promise<string> => {
      try {
        await attempt()
        return 'done'
      } catch {
        return 'refused'
      }
    }
    return [
      await of(() => Reflect.construct(Reflect.get(window, 'Function') as () => void, ['return 1'])),
      await of(async () => fetch('https://example.com/')),
      await of(async () => fetch('http://127.0.0.1:5432/')),
      await of(() => (document.body.innerHTML = '<img src=x onerror=alert(1)>')),
    ]
  })
  expect(outcome).toEqual(['refused', 'refused', 'refused', 'refused'])
})

test('the page stays where it is, and opens nothing', async ({ window: { app, page } }) => {
  const before = page.url()
  await page.evaluate(() => {
    window.location.href = 'https://example.com/'
  })
  expect(await page.evaluate(() => window.open('https://example.com/'))).toBe(null)
  expect(page.url()).toBe(before)
  expect(app.windows()).toHaveLength(1)
})
