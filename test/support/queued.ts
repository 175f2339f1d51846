/** A queued migration over a table that counts hits. */
import { type Bundle, setup, type SetupOptions } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'

export async function queued(
  rows: number,
  definition = hitEvery(),
  bad: readonly number[] = [],
  options: SetupOptions = {},
): Promise<Bundle & { migrationId: string }> {
  const bundle = await setup({ schema: hitsTable(rows), definitions: [definition], ...options })
  await bundle.query('UPDATE items SET bad = true WHERE id = ANY ($1)', [bad])
  const { migration } = await bundle.engine.queue({ jobClassName: definition.jobClassName })
  return { ...bundle, migrationId: migration.id }
}

export function hits({ query }: Bundle): Promise<{ hits: number; count: number }[]> {
  return query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits')
}

export function jobs({ query }: Bundle): Promise<Record<string, unknown>[]> {
  return query(
    `SELECT min_value AS min, max_value AS max, status, attempts FROM tranche.batched_background_migration_jobs ORDER BY id`,
  )
}
