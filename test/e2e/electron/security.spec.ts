import { expect, test } from './window.ts'

test('the page has two functions and nothing of Node', async ({ window: { page } }) => {
  expect(await page.evaluate(() => window.location.origin)).toBe('app://console')
  expect(await page.evaluate(() => Object.keys(window.tranche ?? {}).sort())).toEqual(['request', 'subscribe'])
  for (const name of ['require', 'process', 'module', 'Buffer', 'electron']) {
    expect([name, await page.evaluate((of) => typeof Reflect.get(window, of), name)]).toEqual([name, 'undefined'])
  }
})

test('the policy holds: no eval, no network, no foreign script', async ({ window: { page } }) => {
  const refusedBy = await page.evaluate(async () => {
    const of = async (attempt: () => unknown): Promise<string> => {
      // What the debugger evaluates may do more; what is called from a task of the page's own may not.
      await new Promise((resolve) => setTimeout(resolve))
      const violated = new Promise<string>((resolve) => {
        const tell = ({ effectiveDirective }: SecurityPolicyViolationEvent): void => {
          resolve(effectiveDirective)
        }
        document.addEventListener('securitypolicyviolation', tell, { once: true })
      })
      try {
        await attempt()
        return 'nobody'
      } catch {
        return violated
      }
    }
    return [
      await of(() => Reflect.construct(Reflect.get(window, 'Function') as () => void, ['return 1'])),
      await of(async () => fetch('https://example.com/')),
      await of(async () => fetch('http://127.0.0.1:5432/')),
      await of(() => (document.body.innerHTML = '<img src=x onerror=alert(1)>')),
    ]
  })
  expect(refusedBy).toEqual(['require-trusted-types-for', 'connect-src', 'connect-src', 'require-trusted-types-for'])
})

test('the page stays where it is, and opens nothing', async ({ window: { app, page } }) => {
  const before = page.url()
  const navigation = await app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    return new Promise((resolve) => {
      // After the application's own listener.
      contents?.once('will-navigate', ({ url, defaultPrevented }) => {
        resolve({ url, defaultPrevented })
      })
      void contents?.executeJavaScript(`window.location.href = 'https://example.com/'; null`)
    })
  })
  expect(navigation).toEqual({ url: 'https://example.com/', defaultPrevented: true })
  expect(await page.evaluate(() => window.open('https://example.com/'))).toBe(null)
  // A window would have been made before the page had its answer.
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  expect(page.url()).toBe(before)
})
