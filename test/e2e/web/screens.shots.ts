/** Every screen in its states, in both themes, with data as an operator meets it. `npm run screenshots`. */
import { createServer } from 'node:net'
import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { PRACTICE_CATALOGUE } from '../../../src/host/practice/open-practice.ts'
import { openCamera, type Take, THEMES, writeSheets } from './camera.ts'
import { expect, type Practice, test } from './console.ts'
import { addConnection, headline, hurry, poisonRoutes, queue, ROUTES, WORKFLOWS } from './pages.ts'

interface Studio {
  readonly page: Page
  readonly practice: Practice
  readonly take: Take
}

test.use({ rows: 40_000 })
test.describe.configure({ timeout: 15 * 60_000 })

for (const theme of THEMES) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test(`screens (${theme})`, async ({ page, practice }) => {
      const take = await openCamera(theme, page)
      const studio = { page, practice, take }
      await takeBare(studio)
      await page.goto(await (await practice.start()).url())
      await takeConnections(studio)
      await takeCatalogue(studio)
      await takeQueue(studio)
      await takeRun(studio)
      await takeFailures(studio)
      await takeProof(studio)
      await takeStepped(studio)
      await takeProduction(studio)
      await takeRest(studio)
    })
  })
}

test('sheets', async ({ browser }) => {
  await writeSheets(browser)
})

async function takeBare({ page, practice, take }: Studio): Promise<void> {
  const bare = await practice.start({ isBare: true })
  await page.goto(await bare.url())
  await expect(page.getByRole('heading', { name: 'No databases yet' })).toBeVisible()
  await take('connections-empty')
}

async function takeConnections({ page, practice, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Connections' }).click()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(headline(page)).toContainText('answers')
  await take('connections')
  await page.getByRole('link', { name: 'Add connection' }).click()
  await page.getByText('Staging', { exact: true }).click()
  await page.getByLabel('name', { exact: true }).fill('staging-main')
  await take('connection-add')
  const { hostname, port } = new URL(practice.database())
  await page.getByRole('textbox', { name: 'URL' }).fill(`postgresql://nobody@${hostname}:${port}/tranche_practice`)
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(headline(page)).toContainText('fails')
  await take('connection-test-failed')
}

async function takeCatalogue({ page, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Runs' }).click()
  await take('runs-empty')
  await page.getByRole('link', { name: 'Failures' }).first().click()
  await take('failures-empty')
  await page.getByRole('link', { name: 'Catalogue' }).click()
  await page.getByRole('link', { name: WORKFLOWS, exact: true }).first().click()
  await expect(page.getByText('Runs once per sub-batch')).toBeVisible()
  await take('catalogue')
  const folder = await mkdtemp(join(tmpdir(), 'catalogue-'))
  await cp(PRACTICE_CATALOGUE, folder, { recursive: true })
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  await writeFile(
    join(folder, 'backfill-namespace-traversal-ids.ts'),
    "import { Namespace } from '../app/models/namespace.ts'\n\nexport default Namespace\n",
  )
  await choose(page, folder)
  await page.getByText('invalid, not loaded').click()
  await take('catalogue-broken-file')
  await choose(page, PRACTICE_CATALOGUE)
  await expect(page.getByText('invalid, not loaded')).toHaveCount(0)
}

async function choose(page: Page, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose folder' }).click()
  await page.getByLabel('folder of definitions').fill(folder)
  await page.getByRole('button', { name: 'Use this folder' }).click()
  await expect(page.getByRole('button', { name: 'Use this folder' })).toBeHidden()
}

async function takeQueue({ page, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: ROUTES, exact: true }).first().click()
  await page.getByRole('link', { name: 'Queue…' }).click()
  await expect(page.getByRole('button', { name: 'Install tracking schema' })).toBeVisible()
  await expect(page.getByText('Table and batch column')).toBeVisible()
  await take('queue-not-installed')
  await page.getByRole('button', { name: 'Install tracking schema' }).click()
  await expect(page.getByRole('button', { name: 'Queue', exact: true })).toBeEnabled()
  await take('queue')
  await page.getByLabel('batch size, rows', { exact: true }).fill('many')
  await expect(page.getByText('expected a whole number')).toBeVisible()
  await take('queue-wrong')
  await page.getByLabel('batch size, rows', { exact: true }).fill('200')
  await page.getByLabel('pause, ms').fill('20')
  await expect(page.getByTestId('plan')).toContainText('jobs of 200')
  await take('queue-filled')
}

async function takeRun({ page, practice, take }: Studio): Promise<void> {
  await poisonRoutes(practice)
  await queue(page, ROUTES, { batchSize: 200, pauseMs: 20 })
  await take('run-queued')
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(page.getByText('Job 90 succeeded')).toBeVisible({ timeout: 120_000 })
  await take('run')
  const start = await practice.kill()
  await expect(page.locator('.status')).toContainText('No connection since')
  await take('run-target-lost')
  await page.getByRole('link', { name: 'History' }).click()
  await expect(headline(page)).toContainText('cannot be reached')
  await take('history-target-lost')
  await page.goBack()
  await start()
  await expect(page.getByText('Connection back')).toBeVisible({ timeout: 120_000 })
  await expect(page.locator('.band')).not.toContainText('no answer')
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(headline(page)).toContainText('Nothing of it is running')
  await take('run-paused')
  await hurry(page)
  await page.getByRole('button', { name: 'Resume and run' }).click()
  await expect(headline(page)).toContainText('Failed', { timeout: 120_000 })
  await take('run-failed')
  await page.getByRole('button', { name: 'As table' }).click()
  await take('run-table')
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Runs' })).toBeVisible()
  await take('runs')
}

async function takeFailures({ page, practice, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Failures' }).first().click()
  await expect(page.getByTestId('job-error')).toBeVisible()
  await take('failures')
  await page.keyboard.press('n')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/failures\/1\/\d+/)
  await expect(page.getByRole('heading', { name: 'Transition log' })).toBeVisible()
  await take('failure-of-a-job')
  await page.getByRole('link', { name: 'Verify' }).click()
  await page.getByRole('link', { name: 'Finalize', exact: false }).last().click()
  await expect(headline(page)).toContainText(/gates (hold|keep)/)
  await take('finalize-gates')
  await practice.query('DROP TRIGGER refuse_some ON routes; DROP FUNCTION refuse_some')
  await page.getByRole('link', { name: 'Failures' }).first().click()
  await page.getByRole('button', { name: /^Retry failed/ }).click()
  await expect(headline(page)).toContainText('will be tried again')
  await take('failures-retried')
  await page.getByRole('link', { name: 'Open run' }).click()
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
  await take('run-finished')
}

async function takeProof({ page, practice, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Verify', exact: true }).click()
  await expect(headline(page)).toContainText('Not verified yet')
  await take('verify-never')
  await page.getByRole('button', { name: 'Verify' }).click()
  await expect(headline(page)).toContainText('Holds')
  await take('verify-holds')
  await practice.query(
    'ALTER TABLE routes DISABLE TRIGGER USER; UPDATE routes SET namespace_id = NULL WHERE id % 4000 = 1; ALTER TABLE routes ENABLE TRIGGER USER',
  )
  await page.getByRole('button', { name: 'Verify again' }).click()
  await expect(headline(page)).toContainText('not')
  await take('verify-does-not-hold')
  await practice.query(
    "UPDATE routes SET namespace_id = source_id WHERE namespace_id IS NULL AND source_type <> 'UnusedType'",
  )
  await page.getByRole('button', { name: 'Verify again' }).click()
  await expect(headline(page)).toContainText('Holds')
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await queue(page, WORKFLOWS, { pauseMs: 0 })
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await expect(page.getByText('Runs once per sub-batch')).toBeVisible()
  await take('catalogue-after-runs')
}

async function takeStepped({ page, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Stepped' }).click()
  await expect(headline(page)).toContainText('Nowhere to act yet')
  await take('stepped-without-a-connection')
  await page.getByRole('button', { name: 'Use this connection' }).click()
  await expect(headline(page)).toContainText('to do')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' }).click()
  await expect(page.getByTestId('operations').getByText('done').first()).toBeAttached()
  await expect(page.getByTestId('stepped-log').getByRole('listitem').nth(1)).toBeVisible()
  await take('stepped')
  await page
    .getByRole('button', { name: 'Stop', exact: true })
    .click({ timeout: 5_000 })
    .catch(() => undefined)
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible({ timeout: 60_000 })
}

/** The same database as production sees it. */
async function takeProduction({ page, practice, take }: Studio): Promise<void> {
  await addConnection(page, { name: 'production-main', environment: 'Production', database: practice.database() })
  await expect(page.locator('.window')).toHaveAttribute('data-env', 'production')
  await page.getByRole('link', { name: 'Connections' }).click()
  await expect(headline(page)).toContainText('is open')
  await take('production-connections')
  await page.getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: ROUTES, exact: true }).last().click()
  await take('production-run')
  await page.getByRole('link', { name: /^Finalize/ }).click()
  await expect(headline(page)).toContainText('gates hold')
  await take('production-finalize')
  await page.getByRole('button', { name: 'Finalize…' }).click()
  await page.getByLabel('Type this phrase').fill(`finalize ${ROUTES.slice(0, 18)}`)
  await take('production-phrase')
  await page.getByLabel('Type this phrase').fill('')
  await page.getByLabel('Type this phrase').fill(await page.getByTestId('phrase').innerText())
  await page.getByRole('button', { name: 'Finalize migration 1' }).click()
  await expect(headline(page)).toContainText('is sealed')
  await take('production-sealed')
  await page.getByRole('link', { name: 'History' }).click()
  await expect(page.getByRole('button', { name: 'verify' }).first()).toBeVisible()
  await take('history')
}

async function takeRest({ page, take }: Studio): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click()
  await take('settings')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toBeVisible()
  await take('keys')
  await page.keyboard.press('Escape')
  // A server that takes the call and says nothing.
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  await addConnection(page, {
    name: 'silent',
    environment: 'Staging',
    database: `postgres://me@127.0.0.1:${port}/main`,
  })
  await expect(page.getByText('Connecting to 127.0.0.1')).toBeVisible()
  await take('connecting', page, { isWaiting: true })
  await expect(page.getByRole('heading', { name: 'silent does not answer.' })).toBeVisible()
  await take('target-does-not-answer')
  silent.close()
}
