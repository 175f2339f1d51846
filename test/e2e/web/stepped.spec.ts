import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from '@playwright/test'
import { PRACTICE_CATALOGUE } from '../../../src/host/practice/open-practice.ts'
import { expect, test } from './console.ts'
import { examine } from './examine.ts'
import { headline, queue, ROUTES } from './pages.ts'

// Colours are measured at rest, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } })

const SWITCH = '20240904120000'
const EMBEDDINGS = '20250123143913'
const DROP = '20250619000000'
const BROKEN = '20250301000000'

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
  await expect(page.getByText(/^Skipped by .+: nobody searches here/)).toBeVisible()
  await page.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' }).click()
  await page.getByRole('button', { name: 'Reset…' }).click()
  await page.getByRole('button', { name: `Reset ${SWITCH}` }).click()
  await expect(page.getByRole('row', { name: new RegExp(SWITCH) })).toContainText('pending')

  await page.getByRole('button', { name: 'Reset all…' }).click()
  await page.getByRole('button', { name: 'Reset all', exact: true }).click()
  await expect(page.getByRole('row', { name: new RegExp(EMBEDDINGS) })).toContainText('pending')
  await page.getByRole('button', { name: 'Run every 5 min' }).click()
  await expect(headline(page)).toContainText('Nothing to do now; next run at', { timeout: 60_000 })
  await expect(page.getByRole('row', { name: new RegExp(EMBEDDINGS) })).toContainText('completed')
  await expect(runs).toContainText('no pending migrations')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(headline(page)).toContainText('waits for approval')
})

test.describe('with rows enough for a batched copy', () => {
  test.use({ rows: 12_000 })

  test('says what a migration waits for, who approved it, and why nothing is left to drop', async ({
    console: page,
    practice,
  }) => {
    await connect(page)
    const run = page.getByRole('button', { name: 'Run', exact: true })
    await run.click()
    await expect(headline(page)).toContainText('waits for approval', { timeout: 60_000 })
    await expect(run).toBeVisible()
    await page.getByRole('link', { name: 'SwitchToWorkspacesAgentConfigs' }).click()
    await page.getByText('the first 20').click()
    await expect(page.getByText(/^id 1\d+, cluster agent id/).last()).toBeVisible()
    await reset(page, SWITCH)
    const copies = "job_class_name LIKE 'CopyRows%'"
    await practice.query(`UPDATE tranche.batched_background_migrations SET status = 0 WHERE ${copies}`)
    await run.click()
    await expect(headline(page)).toContainText(/waits: its batched migration \d is paused. Next run at/)
    await expect(row(page, SWITCH)).toContainText('in progress, waits')
    await expect(page.getByRole('button', { name: 'Connection…' })).toBeDisabled()
    await examine(page, 'stepped, partial')
    await page.getByTestId('stepped-waits').getByRole('link').click()
    await expect(page.getByRole('heading', { name: /^CopyRows::V2024/ })).toBeVisible()
    await page.getByRole('link', { name: 'Stepped' }).click()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await practice.query(`UPDATE tranche.batched_background_migrations SET status = 3 WHERE ${copies}`)
    await run.click()
    await expect(headline(page)).toContainText('Done, but for 1 migration that waits', { timeout: 60_000 })

    await page.getByRole('link', { name: 'DropRemoteDevelopmentAgentConfigs' }).click()
    await page.getByRole('button', { name: 'Approve…' }).click()
    await page.getByRole('button', { name: `Approve ${DROP}` }).click()
    await expect(page.getByText(/^Approved by .+; runs at the next run/)).toBeVisible()
    await expect(headline(page)).toContainText(`Run begins with ${DROP}`)
    await run.click()
    await expect(row(page, DROP)).toContainText('completed')
    await reset(page, DROP, 'Its approval is withdrawn')
    await run.click()
    await expect(page.getByText(/^Skipped: its definition says that there is nothing to do/)).toBeVisible()
    await expect(page.getByRole('button', { name: 'Approve…' })).toHaveCount(0)
    await expect(headline(page)).toContainText('Nothing is left to do')
  })
})

test('a file that cannot be used halts what is behind it, with its line, until it is corrected', async ({
  console: page,
  practice,
}) => {
  await connect(page)
  const folder = await mkdtemp(join(tmpdir(), 'catalogue-'))
  await cp(PRACTICE_CATALOGUE, folder, { recursive: true })
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  const file = join(folder, `stepped/${BROKEN}_fill_notes.ts`)
  await writeFile(file, `import { sql } from 'tranche'\nimport 'node:fs'\n\nexport default sql\`\`\n`)
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await page.getByRole('button', { name: 'Choose folder' }).click()
  await page.getByLabel('folder of definitions').fill(folder)
  await page.getByRole('button', { name: 'Use this folder' }).click()
  await expect(page.getByRole('button', { name: 'Use this folder' })).toBeHidden()
  await page.getByRole('link', { name: 'Stepped' }).click()
  await expect(headline(page)).toContainText(`2 stepped migrations to do up to ${BROKEN}, whose file cannot be used`)
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await run.click()
  await expect(headline(page)).toContainText(`Halted: the file of ${BROKEN} cannot be used`, { timeout: 60_000 })
  await expect(row(page, BROKEN)).toContainText('file cannot be used')
  await expect(page.getByTestId('stepped-problem')).toContainText(`${BROKEN}_fill_notes.ts:2: imports 'node:fs'`)
  const halts = page.getByTestId('stepped-runs').getByText('halted: the file')
  await expect(halts).toHaveCount(1)
  // A further run changes nothing but the log, be it here or, as far as this page knows, elsewhere.
  await run.click()
  await expect(halts).toHaveCount(2)
  await practice.query(
    `INSERT INTO tranche.stepped_logs (connection_id, run_id, level, message, operator, host)
     SELECT id, gen_random_uuid(), 'warn', 'halted elsewhere', 'lea', 'ci-7' FROM tranche.stepped_connections`,
  )
  await expect(page.getByTestId('stepped-runs')).toContainText('halted elsewhere')
  await expect(page.getByTestId('facts')).toContainText('lea on ci-7')
  await examine(page, 'stepped, halted by a file')

  await writeFile(
    file,
    `import { defineSteppedMigration, runSql, sql } from 'tranche'\n
export default defineSteppedMigration({ version: '${BROKEN}', operations: [runSql('nothing', sql\`SELECT 1\`)] })\n`,
  )
  await page.getByRole('button', { name: 'Read the catalogue again' }).click()
  await expect(headline(page)).toContainText(`Run begins with ${BROKEN}`)
  await run.click()
  await expect(row(page, BROKEN)).toContainText('completed')
})

/** To this target, with what the form proposes for a server without pgvector. */
async function connect(page: Page): Promise<void> {
  await queue(page, ROUTES)
  await page.getByRole('link', { name: 'Stepped' }).click()
  await expect(page.getByLabel('real[]')).toBeChecked()
  await page.getByRole('button', { name: 'Use this connection' }).click()
  await expect(headline(page)).toContainText('to do')
}

async function reset(page: Page, version: string, warning = 'runs again'): Promise<void> {
  await page.getByRole('button', { name: 'Reset…' }).click()
  await expect(page.getByRole('alertdialog').or(page.getByRole('dialog'))).toContainText(warning)
  await page.getByRole('button', { name: `Reset ${version}` }).click()
  await expect(row(page, version)).not.toContainText('completed')
}

function row(page: Page, version: string): Locator {
  return page.getByRole('row', { name: new RegExp(version) })
}
