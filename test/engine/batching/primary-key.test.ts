import fc from 'fast-check'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../../../src/catalogue/definition.ts'
import { type Edit, type Story, story } from '../../support/batching-story.ts'
import { loadedOf } from '../../support/engine-ports.ts'
import { type Bundle, setup } from '../../support/engine-setup.ts'
import { hitsTable } from '../../support/hits.ts'
import type { TestDatabase } from '../../support/test-database.ts'

/** One database for all stories of a property, which takes longer to make than a story to tell; each empties it first. */
async function setupStories(): Promise<Bundle & { play: (told: Story) => Promise<Played> }> {
  let current: BatchedMigrationDefinition | undefined
  const find = (): ReturnType<typeof loadedOf> | undefined => (current === undefined ? undefined : loadedOf(current))
  const bundle = await setup({ schema: hitsTable(0), ports: { definitions: { find, list: () => [] } } })
  const play = async (told: Story): Promise<Played> => {
    await bundle.query('TRUNCATE items; TRUNCATE tranche.batched_background_migrations CASCADE')
    const model = new Model(bundle.query, told)
    current = definitionOf(told, model)
    return playOn(bundle, told, model)
  }
  return { ...bundle, play }
}

interface Played {
  readonly expected: ReadonlyMap<string, number>
  readonly found: ReadonlyMap<string, number>
  readonly holds: boolean
  readonly newAfterQueueing: unknown
  /** In-scope rows that are there at the end and were never visited, by whether they lie above the maximum. */
  readonly missed: { readonly aboveMaximum: number; readonly betweenJobs: number }
}

async function playOn({ engine, query }: Bundle, told: Story, model: Model): Promise<Played> {
  for (const row of told.rows) await model.edit({ kind: 'insert', ...row })
  const { migration } = await engine.queue({ jobClassName: 'Story' })
  await model.queued(migration.id)
  for (let run = 0; ; run += 1) {
    for (const [at, edit] of told.betweenRuns) if (at === run) await model.edit(edit)
    const { reason } = await engine.run(migration.id, { maxJobs: told.jobsPerRun })
    if (reason === 'finished') break
    if (reason !== 'job_limit' || run > 100) throw new Error(`the run ended with ${reason} after ${run} runs`)
  }
  const { holds, newAfterQueueing } = await engine.verify(migration.id)
  const rows = await query<{ id: string; hits: number }>('SELECT id, hits FROM items')
  const missed = await query<{ above: number; between: number }>(
    `SELECT count(*) FILTER (WHERE id > $1)::int AS above,
            count(*) FILTER (WHERE id <= $1 AND NOT EXISTS (SELECT FROM tranche.batched_background_migration_jobs AS j
                                                            WHERE items.id BETWEEN j.min_value AND j.max_value))::int AS between
       FROM items WHERE id >= $2 AND NOT ($3 AND bad)`,
    [migration.maxValue, migration.minValue, told.hasScope],
  )
  return {
    expected: model.hits,
    found: new Map(rows.map(({ id, hits }) => [id, hits])),
    holds,
    newAfterQueueing,
    missed: { aboveMaximum: missed[0]?.above ?? -1, betweenJobs: missed[0]?.between ?? -1 },
  }
}

/** Knows of each row how often it is to be visited, decided at the moment when it appears. */
class Model {
  readonly hits = new Map<string, number>()
  readonly #query: TestDatabase['query']
  readonly #story: Story
  #migrationId: string | null = null

  constructor(query: TestDatabase['query'], told: Story) {
    this.#query = query
    this.#story = told
  }

  queued(migrationId: string): Promise<void> {
    this.#migrationId = migrationId
    return Promise.resolve()
  }

  async edit({ kind, id, isBad }: Edit): Promise<void> {
    const key = String(id)
    if (kind === 'delete') {
      await this.#query('DELETE FROM items WHERE id = $1', [key])
      this.hits.delete(key)
    } else if (!this.hits.has(key)) {
      const isInScope = !(this.#story.hasScope && isBad)
      const isVisited = isInScope && (this.#migrationId === null || (await this.#willVisit(key)))
      await this.#query('INSERT INTO items (id, bad) VALUES ($1, $2)', [key, isBad])
      this.hits.set(key, isVisited ? 1 : 0)
    }
  }

  /** Whether the key lies behind the frontier, or behind the cursor of a job that did not end. */
  async #willVisit(key: string): Promise<boolean> {
    const rows = await this.#query<{ visited: boolean }>(
      `SELECT $2::bigint BETWEEN m.min_value AND m.max_value
              AND (NOT f.is_exhausted AND (f.next_bound IS NULL OR $2::bigint > f.next_bound[1]::bigint)
                   OR EXISTS (SELECT FROM tranche.batched_background_migration_jobs AS j
                                JOIN tranche.job_progress AS p ON p.job_id = j.id
                               WHERE j.batched_background_migration_id = m.id AND j.status <> 3
                                 AND $2::bigint BETWEEN j.min_value AND j.max_value
                                 AND (p.cursor IS NULL OR $2::bigint > p.cursor[1]::bigint))) AS visited
         FROM tranche.batched_background_migrations AS m JOIN tranche.planning_frontier AS f ON f.migration_id = m.id
        WHERE m.id = $1`,
      [this.#migrationId, key],
    )
    return rows[0]?.visited === true
  }
}

function definitionOf(
  { batchSize, subBatchSize, hasScope, midJob, failures }: Story,
  model: Model,
): BatchedMigrationDefinition {
  let subBatch = -1
  return defineBatchedMigration({
    jobClassName: 'Story',
    description: 'Counts a hit on every row, and is interrupted.',
    table: 'items',
    column: 'id',
    batchSize,
    subBatchSize,
    pauseMs: 0,
    ...(hasScope ? { scope: sql`NOT bad` } : {}),
    perform: async (context) => {
      subBatch += 1
      const number = subBatch
      for (const [at, edit] of midJob) if (at === number) await model.edit(edit)
      const failure = failures.find(([at]) => at === number)?.[1]
      if (failure === 'before') throw new Error('before the statement')
      await context.query(sql`UPDATE items SET hits = hits + 1 WHERE ${context.subBatch}`)
      if (failure === 'after') throw new Error('after the statement')
    },
  })
}

it('visits each row exactly as often as the story of its appearance says, and proves it', async () => {
  const { play } = await setupStories()
  const property = fc.asyncProperty(story, async (told) => {
    const { expected, found, holds, newAfterQueueing, missed } = await play(told)
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
    expect({ holds, newAfterQueueing }).toEqual({ holds: true, newAfterQueueing: { ...missed, isCapped: false } })
  })
  await fc.assert(property, { numRuns: 400, interruptAfterTimeLimit: 12_000 })
})
