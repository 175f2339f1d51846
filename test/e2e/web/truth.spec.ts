/** What the screens say is what SQL says. */
import type { Page } from '@playwright/test'
import { expect, test, type Practice } from './console.ts'
import { headline, hurry, poisonRoutes, queue, ROUTES, SLOW } from './pages.ts'

interface Counted {
  readonly succeeded: number
  readonly failed: number
  readonly running: number
  readonly changed: number
  readonly unchanged: number
}

/** By the tracking tables alone, without anything of ours. */
async function inSql(practice: Practice): Promise<Counted & { readonly scanned: number }> {
  const [row] = await practice.query<Counted & { scanned: number }>(
    `SELECT count(*) FILTER (WHERE j.status = 3)::int AS succeeded,
            count(*) FILTER (WHERE j.status = 2 AND j.attempts >= 3)::int AS failed,
            count(*) FILTER (WHERE j.status = 1)::int AS running,
            coalesce(sum(p.changed), 0)::int AS changed,
            coalesce(sum(p.scanned - p.changed), 0)::int AS unchanged,
            coalesce(sum(p.scanned), 0)::int AS scanned
       FROM tranche.batched_background_migration_jobs AS j
       JOIN tranche.job_progress AS p ON p.job_id = j.id`,
  )
  if (row === undefined) throw new Error('an aggregate is one row')
  return row
}

/** The numbers as they stand on the monitor: those of the legend under the strip and of the facts under the headline. */
async function onScreen(page: Page): Promise<Counted> {
  const legend = await page.getByTestId('legend').innerText()
  const facts = await page.getByTestId('facts').innerText()
  return {
    succeeded: numberBeside('succeeded', legend),
    failed: numberBeside('failed', legend),
    running: numberBeside('running', legend),
    changed: numberBeside('changed', facts),
    unchanged: numberBeside('unchanged', facts),
  }
}

function numberBeside(word: string, text: string): number {
  return Number(new RegExp(`(?<![a-z])${word}\\s*(\\d+)`).exec(text)?.[1])
}

/** Both read again until they agree: while nothing runs they must, and stay so. */
async function expectAgreement(page: Page, practice: Practice): Promise<void> {
  const { scanned, ...sql } = await inSql(practice)
  expect(sql.changed + sql.unchanged).toBe(scanned)
  await expect.poll(async () => onScreen(page)).toEqual(sql)
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  const row = page.getByRole('row', { name: new RegExp(ROUTES) })
  await expect(row).toContainText(`${String(sql.succeeded)}${sql.failed > 0 ? ` ${String(sql.failed)}` : ''}`)
  await row.getByRole('link', { name: ROUTES, exact: true }).click()
}

test('the numbers of the monitor are those of the tracking tables: paused, failed, finished', async ({
  console: page,
  practice,
}) => {
  await queue(page, ROUTES, SLOW)
  const mend = await poisonRoutes(practice)
  const paused = async (button: string, until: string): Promise<void> => {
    await page.getByRole('button', { name: button }).click()
    await expect(page.getByText(until)).toBeVisible()
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect(headline(page)).toContainText('Nothing of it is running')
    await expectAgreement(page, practice)
  }

  await paused('Run now', 'Job 2 succeeded')
  await paused('Resume and run', 'Job 5 succeeded')
  await hurry(page)
  await page.getByRole('button', { name: 'Resume and run' }).click()
  await expect(headline(page)).toContainText('Failed')
  await expectAgreement(page, practice)
  const { failed } = await inSql(practice)
  await page.getByRole('link', { name: 'Open failures' }).click()
  await expect(headline(page)).toContainText(`${String(failed)} jobs failed`)
  await mend()
  await page.getByRole('button', { name: /^Retry failed/ }).click()
  await expect(headline(page)).toContainText('will be tried again')
  await page.getByRole('link', { name: 'Open run' }).click()
  await page.getByRole('button', { name: 'Run now' }).click()
  await expect(headline(page)).toContainText('Finished, not finalized')
  await expectAgreement(page, practice)

  // The table itself, asked without any tracking.
  const [{ mended } = { mended: 0 }] = await practice.query<{ mended: number }>(
    `SELECT count(*)::int AS mended FROM routes WHERE source_type <> 'UnusedType' AND namespace_id = source_id`,
  )
  const { scanned, succeeded, changed } = await inSql(practice)
  expect(scanned).toBe(mended)
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await expect(page.getByRole('row', { name: new RegExp(ROUTES) })).toContainText('finished')
  await page.getByRole('link', { name: ROUTES, exact: true }).first().click()
  await page.getByRole('link', { name: 'Open migration 1' }).click()
  await expect(headline(page)).toContainText(`${String(succeeded)} jobs succeeded, ${spaced(changed)} of`)
})

/** 5997 → 5 997, as sentences part it. */
function spaced(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ')
}
