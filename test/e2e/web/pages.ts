/** What specs do again and again, with the mouse, in the words of the screen. */
import { expect, type Locator, type Page } from '@playwright/test'
import type { Practice } from './console.ts'

export const ROUTES = 'BackfillRouteNamespaceId'
export const WORKFLOWS = 'BackfillServiceAccountIdOnDuoWorkflowsWorkflows'

export const headline = (page: Page): Locator => page.getByTestId('headline')

export interface Pace {
  readonly batchSize?: number
  readonly pauseMs?: number
}

/** Two sub-batches to a job, a pause between them: what a spec does in the middle of such a run is in the middle anywhere. */
export const SLOW = { batchSize: 200, pauseMs: 1_500 } as const satisfies Pace

/** Lets a slow run go on without pauses, from its next job. */
export async function hurry(page: Page): Promise<void> {
  const pause = page.getByLabel('pause', { exact: true })
  await pause.fill('0')
  await pause.press('Enter')
  await expect(page.getByText('Set pause ms')).toBeVisible()
}

/** From the catalogue to the run monitor of what was just queued. */
export async function queue(page: Page, jobClassName: string, { batchSize, pauseMs }: Pace = {}): Promise<void> {
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await page.getByRole('link', { name: jobClassName, exact: true }).first().click()
  await page.getByRole('link', { name: 'Queue…' }).click()
  await expect(page.getByTestId('plan')).toContainText('jobs of')
  if (batchSize !== undefined) await page.getByLabel('batch size, rows', { exact: true }).fill(String(batchSize))
  if (pauseMs !== undefined) await page.getByLabel('pause, ms').fill(String(pauseMs))
  const install = page.getByRole('button', { name: 'Install tracking schema' })
  if (await install.isVisible()) await install.click()
  await page.getByRole('button', { name: 'Queue', exact: true }).click()
  await expect(headline(page)).toContainText('Queued')
}

/** What the tracking tables say of the one migration with that name. */
export async function tracked(
  practice: Practice,
  jobClassName: string,
): Promise<{ readonly status: number; readonly failed: number; readonly succeeded: number; readonly scanned: number }> {
  const [row] = await practice.query<{ status: number; failed: number; succeeded: number; scanned: number }>(
    `SELECT m.status, count(*) FILTER (WHERE j.status = 2)::int AS failed, count(*) FILTER (WHERE j.status = 3)::int AS succeeded,
            coalesce(sum(p.scanned), 0)::int AS scanned
       FROM tranche.batched_background_migrations AS m
       LEFT JOIN tranche.batched_background_migration_jobs AS j ON j.batched_background_migration_id = m.id
       LEFT JOIN tranche.job_progress AS p ON p.job_id = j.id
      WHERE m.job_class_name = $1
      GROUP BY m.id`,
    [jobClassName],
  )
  if (row === undefined) throw new Error(`${jobClassName} is not tracked`)
  return row
}

/** Rows of routes that no update may touch, until the returned function is called. */
export async function poisonRoutes(practice: Practice): Promise<() => Promise<void>> {
  await practice.query(
    `CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF NEW.id % 2000 = 1 THEN
         RAISE EXCEPTION 'route % may not be changed', NEW.id USING ERRCODE = '23514';
       END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER refuse_some BEFORE UPDATE ON routes FOR EACH ROW EXECUTE FUNCTION refuse_some()`,
  )
  return async () => {
    await practice.query('DROP TRIGGER refuse_some ON routes; DROP FUNCTION refuse_some')
  }
}

/** From now on any transaction of anybody is too long, and there is one; the function that is returned ends it. */
export async function makeUnhealthy(page: Page, practice: Practice): Promise<() => Promise<void>> {
  await page.getByRole('link', { name: 'Connections' }).click()
  await page.getByLabel('long transactions').fill('0')
  await page.getByRole('button', { name: 'Save thresholds' }).click()
  await expect(page.getByText('A change counts at once')).toBeVisible()
  await practice.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await practice.query('SELECT count(*) FROM public.routes')
  return async () => {
    await practice.query('ROLLBACK')
  }
}

export interface Added {
  readonly name: string
  readonly environment: 'Development' | 'Staging' | 'Production'
  /** Where the database is. */
  readonly database: string
  readonly trackingSchema?: string
}

/** Saves a connection by its fields and opens it. */
export async function addConnection(page: Page, { name, environment, database, trackingSchema }: Added): Promise<void> {
  const url = new URL(database)
  await page.getByRole('link', { name: 'Connections' }).click()
  const folder = (await page.locator('dt:text-is("catalogue") + dd').textContent()) ?? ''
  await page.getByRole('link', { name: 'Add connection' }).click()
  await page.getByLabel('name', { exact: true }).fill(name)
  await page.getByText(environment, { exact: true }).click()
  await page.getByText('Fields', { exact: true }).click()
  await page.getByLabel('host').fill(url.hostname)
  await page.getByLabel('port').fill(url.port)
  await page.getByLabel('database').fill(url.pathname.slice(1))
  await page.getByLabel('user').fill(url.username)
  await page.getByLabel('TLS').selectOption('disable')
  await page.getByLabel('password').fill(decodeURIComponent(url.password))
  await page.getByLabel('catalogue').fill(folder.trim())
  if (trackingSchema !== undefined) await page.getByLabel('tracking', { exact: true }).fill(trackingSchema)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Open', exact: true }).click()
}
