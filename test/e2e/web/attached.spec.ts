import pg from 'pg'
import { GITLAB_SCHEMA } from '../../support/gitlab-schema.ts'
import { expect, type Practice, test } from './console.ts'
import { addConnection, headline } from './pages.ts'

/** Another database of the practice server, as GitLab leaves one. */
async function makeGitLab(practice: Practice): Promise<{ readonly url: string; readonly client: pg.Client }> {
  await practice.query('CREATE DATABASE gitlab')
  const url = new URL(practice.database())
  url.pathname = '/gitlab'
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(GITLAB_SCHEMA)
  return { url: url.href, client }
}

test('GitLab’s own tables are read, paused, resumed and retried, and what is refused there says why', async ({
  console: page,
  practice,
}) => {
  const { url, client } = await makeGitLab(practice)
  const statusOf = async (id: number): Promise<number | undefined> => {
    const sql = 'SELECT status FROM batched_background_migrations WHERE id = $1'
    return (await client.query<{ status: number }>(sql, [id])).rows[0]?.status
  }
  try {
    await addConnection(page, { name: 'gitlab', environment: 'Staging', database: url, trackingSchema: 'public' })
    await expect(page.getByText('attached: GitLab’s own schema')).toBeVisible()

    await page.getByRole('link', { name: /^Backfill1 / }).click()
    await expect(headline(page)).toContainText('driven by GitLab')
    await expect(page.getByRole('button', { name: 'Run now' })).toBeDisabled()
    await expect(page.getByRole('button', { name: 'Requeue…' })).toBeDisabled()
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect.poll(async () => statusOf(2)).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(async () => statusOf(2)).toBe(1)

    await page.getByRole('link', { name: 'Verify' }).click()
    await expect(page.getByText('Not on GitLab’s own tables.')).toBeVisible()

    await page.getByRole('link', { name: /^Backfill4 / }).click()
    // Something failed there: the rail leads to that at once.
    await page.getByRole('button', { name: /^Retry failed/ }).click()
    await expect.poll(async () => statusOf(4)).toBe(1)
  } finally {
    await client.end()
  }
})
