import type { Engine } from '../../engine/engine.ts'
import type { JobCell, Page } from '../../shared/job-view.ts'

export async function pageOfJobs(
  engine: Engine,
  migrationId: string,
  { after = '0', limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<Page<JobCell>> {
  const cells = await engine.jobs(migrationId, { after, limit: limit + 1 })
  const items = cells.slice(0, limit)
  return { items, next: cells.length > limit ? (items.at(-1)?.id ?? null) : null }
}
