import { expect, test } from './console.ts'
import { examine } from './examine.ts'
import { headline, queue, ROUTES } from './pages.ts'

// Colours are measured at rest, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } })

const SWITCH = '20240904120000'
const EMBEDDINGS = '20250123143913'

test('stepped migrations are run, read, skipped and reset from their screen', async ({ console: page, practice }) => {
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  const listed = page.getByRole('region', { name: 'Stepped migrations of this folder' })
  await expect(listed.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' })).toContainText('no record yet')
  await page.getByRole('link', { name: 'Stepped' }).click()
  await expect(page.getByText('Nothing was ever run here')).toBeVisible()
  await queue(page, ROUTES)
  await page.getByRole('link', { name: 'Stepped' }).click()
  await expect(headline(page)).toContainText('Nowhere to act yet')
  await examine(page, 'stepped, without a connection')
  await page.getByText('real[]', { exact: true }).click()
  await page.getByLabel('prefix of tables').fill('ai')
  await page.getByRole('group', { name: 'indexing' }).getByText('off').click()
  await page.getByRole('button', { name: 'Use this connection' }).click()
  await expect(headline(page)).toContainText('Indexing is switched off on main')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const runs = page.getByTestId('stepped-runs')
  await expect(runs).toContainText('indexing is not enabled on the connection "main"')
  await page.getByRole('button', { name: 'Connection…' }).click()
  await page.getByRole('group', { name: 'indexing' }).getByText('on', { exact: true }).click()
  await page.getByRole('button', { name: 'Use this connection' }).click()
  await expect(headline(page)).toContainText('to do')
  expect(await practice.query('SELECT vector_storage, prefix FROM tranche.stepped_connections')).toEqual([
    { vector_storage: 'real', prefix: 'ai' },
  ])
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' }).click()
  await expect(page.getByRole('row', { name: new RegExp(SWITCH) })).toContainText('completed')
  await expect(page.getByTestId('operations').getByText('done').first()).toBeAttached()
  await expect(page.getByTestId('stepped-log').getByRole('listitem').nth(1)).toBeVisible()
  // Vectors as real[] need no extension: the next one is completed everywhere.
  await expect(headline(page)).toContainText('waits for approval', { timeout: 60_000 })
  await expect(page.getByRole('row', { name: new RegExp(EMBEDDINGS) })).toContainText('completed')
  await expect(runs).toContainText('no pending migrations')
  await examine(page, 'stepped')
  expect(
    await practice.query(`SELECT 1 FROM tranche.stepped_migrations WHERE version = '${SWITCH}' AND status = 10`),
  ).toHaveLength(1)

  await page.getByRole('link', { name: 'CreateCodeEmbeddings' }).click()
  await page.getByRole('button', { name: 'Reset…' }).click()
  await page.getByRole('button', { name: `Reset ${EMBEDDINGS}` }).click()
  await page.getByRole('button', { name: 'Skip…' }).click()
  await page.getByLabel('why it may be passed over').fill('nobody searches here')
  await page.getByRole('button', { name: `Skip ${EMBEDDINGS}` }).click()
  await expect(page.getByText(/^Skipped: .+: nobody searches here/)).toBeVisible()
  await page.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' }).click()
  await page.getByRole('button', { name: 'Reset…' }).click()
  await page.getByRole('button', { name: `Reset ${SWITCH}` }).click()
  await expect(page.getByRole('row', { name: new RegExp(SWITCH) })).toContainText('pending')

  await page.getByRole('button', { name: 'Reset all…' }).click()
  await page.getByRole('button', { name: 'Reset all', exact: true }).click()
  await expect(page.getByRole('row', { name: new RegExp(EMBEDDINGS) })).toContainText('pending')
  await page.getByRole('button', { name: 'Run every 5 min' }).click()
  await expect(headline(page)).toContainText('Nothing to do now; looked at again at', { timeout: 60_000 })
  await expect(page.getByRole('row', { name: new RegExp(EMBEDDINGS) })).toContainText('completed')
  await expect(runs).toContainText('no pending migrations')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(headline(page)).toContainText('waits for approval')
})
