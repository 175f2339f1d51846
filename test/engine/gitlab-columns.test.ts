/** The core tables, beside those of GitLab. */
import { expect, it } from 'vitest'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { GITLAB_SCHEMA } from '../support/gitlab-schema.ts'

const TABLES = [
  'batched_background_migrations',
  'batched_background_migration_jobs',
  'batched_background_migration_job_transition_logs',
]

function columnsOf({ query }: Bundle, schema: string): Promise<Record<string, unknown>[]> {
  return query(
    `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
      WHERE table_schema = $1 AND table_name = ANY ($2) ORDER BY 1, 2`,
    [schema, TABLES],
  )
}

it('the core tables have GitLab’s columns with their types, and nothing beside them', async () => {
  const bundle = await setup()
  await bundle.query(`SET LOCAL search_path = public; ${GITLAB_SCHEMA}`)
  const ours = await columnsOf(bundle, 'tranche')
  expect(ours.length).toBeGreaterThan(40)
  expect(ours).toEqual(await columnsOf(bundle, 'public'))
})

it('GitLab’s indexes on them are there, in its order of columns', async () => {
  const { query } = await setup()
  const rows = await query<{ definition: string }>(
    `SELECT replace(pg_get_indexdef(indexrelid), 'tranche.', '') AS definition FROM pg_index
      WHERE indrelid = ANY ($1::text[]::regclass[]::oid[])`,
    [TABLES.map((table) => `tranche.${table}`)],
  )
  const definitions = rows.map(({ definition }) =>
    definition.replace(/^CREATE (UNIQUE )?INDEX \S+ ON (\S+) USING btree /, '$1$2 '),
  )
  for (const expected of [
    'batched_background_migrations (status)',
    'UNIQUE batched_background_migrations (job_class_name, table_name, column_name, job_arguments)',
    'UNIQUE batched_background_migrations (queued_migration_version)',
    'batched_background_migration_jobs (batched_background_migration_id, id)',
    'batched_background_migration_jobs (batched_background_migration_id, status)',
    'batched_background_migration_jobs (batched_background_migration_id, finished_at)',
    'batched_background_migration_jobs (batched_background_migration_id, max_value)',
    'batched_background_migration_job_transition_logs (batched_background_migration_job_id)',
  ])
    expect(definitions).toContain(expected)
})
