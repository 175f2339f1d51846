/** Every screen in both themes, with data as an operator meets it, and one sheet of all of them. `npm run screenshots`. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from '@playwright/test'
import { expect, test } from './console.ts'
import { addConnection, headline, poisonRoutes, queue, ROUTES, WORKFLOWS } from './pages.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/screens', import.meta.url))
const THEMES = ['dark', 'light'] as const

test.use({ rows: 60_000 })

for (const colorScheme of THEMES) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test(`screens (${colorScheme})`, async ({ console: page, practice }) => {
      test.setTimeout(10 * 60_000)
      let count = 0
      const take = async (name: string): Promise<void> => {
        count += 1
        await mkdir(`${FOLDER}/${colorScheme}`, { recursive: true })
        await page.screenshot({ path: `${FOLDER}/${colorScheme}/${String(count).padStart(2, '0')}-${name}.png` })
      }

      await page.getByRole('link', { name: 'Connections' }).click()
      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await expect(headline(page)).toContainText('answers')
      await take('connections')
      await page.getByRole('link', { name: 'Add connection' }).click()
      await page.getByText('Staging', { exact: true }).click()
      await page.getByLabel('name', { exact: true }).fill('staging-main')
      await take('add-connection')
      await page.getByRole('link', { name: 'Catalogue' }).click()
      await page.getByRole('link', { name: WORKFLOWS, exact: true }).first().click()
      await expect(page.getByText('Runs once per sub-batch')).toBeVisible()
      await take('catalogue')

      const mend = await poisonRoutes(practice)
      await page.getByRole('link', { name: ROUTES, exact: true }).first().click()
      await page.getByRole('link', { name: 'Queue…' }).click()
      await page.getByRole('button', { name: 'Install tracking schema' }).click()
      await expect(page.getByText('installed', { exact: true })).toBeVisible()
      await take('queue')
      await queue(page, ROUTES, { batchSize: 250, pauseMs: 20 })
      await page.getByRole('button', { name: 'Run now' }).click()
      await expect(page.getByText('Job 90 succeeded')).toBeVisible({ timeout: 120_000 })
      await take('run')
      await page.keyboard.press('Space')
      await expect(headline(page)).toContainText('Nothing of it is running')
      await take('paused')
      await page.getByLabel('pause', { exact: true }).fill('0')
      await page.getByLabel('pause', { exact: true }).press('Enter')
      await expect(page.getByLabel('pause', { exact: true })).toHaveValue('0')
      await page.getByRole('button', { name: 'Resume and run' }).click()
      await expect(headline(page)).toContainText('Failed', { timeout: 120_000 })
      await take('failed')
      await page.getByRole('link', { name: 'Open failures' }).click()
      await expect(page.getByTestId('job-error')).toBeVisible()
      await take('failures')
      await mend()
      await page.getByRole('button', { name: /^Retry failed/ }).click()
      await page.getByRole('link', { name: 'Open run' }).click()
      await page.getByRole('button', { name: 'Run now' }).click()
      await expect(headline(page)).toContainText('Finished, not finalized')
      await take('finished')
      await page.getByRole('link', { name: 'Verify', exact: true }).click()
      await page.getByRole('button', { name: 'Verify' }).click()
      await expect(headline(page)).toContainText('Holds')
      await take('verify')

      // The same database as production sees it.
      await addConnection(page, { name: 'production-main', environment: 'Production', database: practice.database() })
      await page.getByRole('link', { name: 'Runs' }).click()
      await page.getByRole('link', { name: ROUTES, exact: true }).last().click()
      await page.getByRole('link', { name: /^Finalize/ }).click()
      await expect(headline(page)).toContainText('All 5 gates hold')
      await take('finalize-production')
      await page.getByRole('button', { name: 'Finalize…' }).click()
      await page.getByLabel('Type this phrase').fill(`finalize ${ROUTES.slice(0, 18)}`)
      await take('finalize-dialog')
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: 'History' }).click()
      await expect(page.getByRole('button', { name: 'verify' }).first()).toBeVisible()
      await take('history')
    })
  })
}

test('sheet', async ({ browser }) => {
  await writeSheet(browser)
})

/** Both themes side by side at half size, in the order of the way. */
async function writeSheet(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_320, height: 800 } })
  const names = (await readdir(`${FOLDER}/dark`)).filter((name) => name.endsWith('.png')).sort()
  const rows = await Promise.all(names.map(async (name) => Promise.all(THEMES.map(async (theme) => tile(theme, name)))))
  await page.setContent(
    `<body style="margin:16px;background:#808080;display:grid;grid-template-columns:1fr 1fr;gap:16px">${rows.flat().join('')}</body>`,
  )
  await loaded(page)
  await page.screenshot({ path: `${FOLDER}/contact-sheet.png`, fullPage: true })
  await page.close()
  const list = names.map((name) => `| ![](dark/${name}) | ![](light/${name}) |`).join('\n')
  await writeFile(
    `${FOLDER}/README.md`,
    `# Screens\n\nWritten by \`npm run screenshots\`.\n\n| dark | light |\n|---|---|\n${list}\n`,
  )
}

async function tile(theme: string, name: string): Promise<string> {
  const data = await readFile(`${FOLDER}/${theme}/${name}`, 'base64')
  return `<img style="width:100%;display:block" alt="" src="data:image/png;base64,${data}">`
}

async function loaded(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  )
}
