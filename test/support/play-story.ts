/** Plays a story (batching-story.ts) on a table by any key, and knows of each row how often it is to be visited. */
import { onTestFinished } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, StrategyName } from '../../src/catalogue/definition.ts'
import { claimJob } from '../../src/engine/claims.ts'
import type { EngineContext } from '../../src/engine/context.ts'
import type { Edit, Story } from './batching-story.ts'
import { loadedOf } from './engine-ports.ts'
import { deadIdentity } from './dead-process.ts'
import { type Bundle, openTestTarget, setup } from './engine-setup.ts'
import { contextOf, joinedDrive } from './internals.ts'
import { runSubBatch } from './raced.ts'
import type { TestDatabase } from './test-database.ts'

/** A key as a function of `id`, by which a story names its rows. */
export interface Shape {
  readonly strategy: StrategyName
  /** In key order: column → its type, with its collation, and what it is of a row. */
  readonly columns: Readonly<Record<string, readonly [type: string, expression: string]>>
  /** Whether several rows may have one key; then sizes count keys. */
  readonly isLoose?: boolean
}

export interface Played {
  readonly expected: ReadonlyMap<string, number>
  readonly found: ReadonlyMap<string, number>
  readonly holds: boolean
  readonly newAfterQueueing: unknown
  /** In-scope rows that are there at the end and were never visited, by whether they lie above the maximum. */
  readonly missed: { readonly aboveMaximum: number; readonly betweenJobs: number }
}

/** One database for all stories of a property, which takes longer to make than a story to tell; each empties it first. */
export async function setupStories(shape: Shape): Promise<Bundle & { play: (told: Story) => Promise<Played> }> {
  let current: BatchedMigrationDefinition | undefined
  const find = (): ReturnType<typeof loadedOf> | undefined => (current === undefined ? undefined : loadedOf(current))
  const bundle = await setup({ schema: schemaOf(shape), ports: { definitions: { find, list: () => [] } } })
  const target = openTestTarget(bundle.database)
  onTestFinished(() => target.close())
  const dying = contextOf({ target, definitions: { find, list: () => [] }, identity: await deadIdentity() })
  const play = async (story: Story): Promise<Played> => {
    const told = shape.isLoose === true ? { ...story, hasScope: false } : story
    await bundle.query('TRUNCATE items; TRUNCATE tranche.batched_background_migrations CASCADE')
    const model = new Model(bundle.query, told, shape)
    current = definitionOf(told, model, shape)
    return playOn({ ...bundle, dying }, told, model)
  }
  return { ...bundle, play }
}

function schemaOf({ columns, isLoose = false }: Shape): string {
  const keys = Object.entries(columns).map(
    ([name, [type, expression]]) => `${name} ${type} NOT NULL GENERATED ALWAYS AS (${expression}) STORED`,
  )
  const names = Object.keys(columns).join(', ')
  return `CREATE TABLE public.items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0, bad boolean NOT NULL DEFAULT false,
            ${keys.join(', ')});
          CREATE ${isLoose ? '' : 'UNIQUE '}INDEX ON public.items (${names})`
}

/** A runner whose process is gone: its claim stands, its heartbeat is young. */
async function dieBehind(context: EngineContext, migrationId: string, subBatches: number): Promise<void> {
  const drive = await joinedDrive(context, migrationId)
  const outcome = await claimJob(context, drive)
  if (outcome.kind !== 'claimed') return
  const last = Math.min(subBatches, outcome.claim.slices.length - 1)
  try {
    for (let index = 0; index < last; index += 1) await runSubBatch(context, drive, outcome.claim, index)
  } catch (error) {
    // A sub-batch of the story that throws: it dies of that.
    if (!String(error).includes('the statement')) throw error
  }
}

async function splitFailed({ engine, query }: Bundle, migrationId: string): Promise<void> {
  const failed = await query<{ id: string }>(
    'SELECT id FROM tranche.batched_background_migration_jobs WHERE status = 2 ORDER BY id',
  )
  for (const { id } of failed) await engine.split(migrationId, id)
}

async function playOn(bundle: Bundle & { dying: EngineContext }, told: Story, model: Model): Promise<Played> {
  const { engine, query, dying } = bundle
  for (const row of told.rows) await model.edit({ kind: 'insert', ...row })
  const { migration } = await engine.queue({ jobClassName: 'Story' })
  model.queued(migration.id)
  if (told.hasScope && told.scanRows !== null)
    await query('UPDATE tranche.planning_frontier SET scan_rows = $1', [told.scanRows])
  for (let run = 0; ; run += 1) {
    for (const [at, edit] of told.betweenRuns) if (at === run) await model.edit(edit)
    if (told.splits.includes(run)) await splitFailed(bundle, migration.id)
    for (const [at, count] of told.deaths) if (at === run) await dieBehind(dying, migration.id, count)
    const { reason } = await engine.run(migration.id, { maxJobs: told.jobsPerRun })
    if (reason === 'finished') break
    if (reason !== 'job_limit' || run > 100) throw new Error(`the run ended with ${reason} after ${run} runs`)
  }
  const { holds, newAfterQueueing } = await engine.verify(migration.id)
  const rows = await query<{ id: string; hits: number }>('SELECT id, hits FROM items')
  return {
    expected: model.hits,
    found: new Map(rows.map(({ id, hits }) => [id, hits])),
    holds,
    newAfterQueueing,
    missed: await model.missed(),
  }
}

/** Decides of each row how often it is to be visited, at the moment when it appears. */
class Model {
  readonly hits = new Map<string, number>()
  readonly #query: TestDatabase['query']
  readonly #story: Story
  readonly #shape: Shape
  #migrationId: string | null = null

  constructor(query: TestDatabase['query'], told: Story, shape: Shape) {
    this.#query = query
    this.#story = told
    this.#shape = shape
  }

  queued(migrationId: string): void {
    this.#migrationId = migrationId
  }

  async edit({ kind, id, isBad }: Edit): Promise<void> {
    const key = String(id)
    if (kind === 'delete') {
      await this.#query('DELETE FROM items WHERE id = $1', [key])
      this.hits.delete(key)
    } else if (!this.hits.has(key)) {
      await this.#query('INSERT INTO items (id, bad) VALUES ($1, $2)', [key, isBad])
      const isInScope = !(this.#story.hasScope && isBad)
      const isVisited = isInScope && (this.#migrationId === null || (await this.#willVisit(key)))
      this.hits.set(key, isVisited ? 1 : 0)
    }
  }

  async missed(): Promise<Played['missed']> {
    const [min, max] = [boundOf('m', 'min'), boundOf('m', 'max')]
    const [row] = await this.#query<{ above: number; between: number }>(
      `SELECT count(*) FILTER (WHERE ${this.#is('>', max)})::int AS above,
              count(*) FILTER (WHERE ${this.#is('<=', max)} AND NOT EXISTS (
                SELECT FROM tranche.batched_background_migration_jobs AS j
                 WHERE j.batched_background_migration_id = m.id
                   AND ${this.#is('>=', boundOf('j', 'min'))} AND ${this.#is('<=', boundOf('j', 'max'))}))::int AS between
         FROM items, tranche.batched_background_migrations AS m
        WHERE m.id = $1 AND ${this.#is('>=', min)} AND NOT ($2 AND bad)`,
      [this.#migrationId, this.#story.hasScope],
    )
    return { aboveMaximum: row?.above ?? -1, betweenJobs: row?.between ?? -1 }
  }

  /** Whether the row lies behind the frontier, or behind the cursor of a job that did not end. */
  async #willVisit(id: string): Promise<boolean> {
    const rows = await this.#query<{ visited: boolean }>(
      `SELECT ${this.#is('>=', boundOf('m', 'min'))} AND ${this.#is('<=', boundOf('m', 'max'))}
              AND (NOT f.is_exhausted AND (f.next_bound IS NULL OR ${this.#is('>', 'f.next_bound')})
                   OR EXISTS (SELECT FROM tranche.batched_background_migration_jobs AS j
                                JOIN tranche.job_progress AS p ON p.job_id = j.id
                               WHERE j.batched_background_migration_id = m.id AND j.status <> 3
                                 AND ${this.#is('>=', boundOf('j', 'min'))} AND ${this.#is('<=', boundOf('j', 'max'))}
                                 AND (p.cursor IS NULL OR ${this.#is('>', 'p.cursor')}))) AS visited
         FROM items, tranche.batched_background_migrations AS m
         JOIN tranche.planning_frontier AS f ON f.migration_id = m.id
        WHERE m.id = $1 AND items.id = $2`,
      [this.#migrationId, id],
    )
    return rows[0]?.visited === true
  }

  /** The row's key against the one in a `text[]` expression, as PostgreSQL orders the columns. */
  #is(operator: '>' | '>=' | '<=', array: string): string {
    const columns = Object.entries(this.#shape.columns)
    const own = columns.map(([name]) => `items.${name}`)
    const other = columns.map(
      ([, [type]], index) => `(${array})[${String(index + 1)}]::${type.replace(/ COLLATE.*/, '')}`,
    )
    return `(ROW(${own.join(', ')}) ${operator} ROW(${other.join(', ')}))`
  }
}

function boundOf(alias: 'm' | 'j', bound: 'min' | 'max'): string {
  return `CASE WHEN ${alias}.${bound}_value IS NOT NULL THEN ARRAY[${alias}.${bound}_value::text]
               ELSE ARRAY(SELECT jsonb_array_elements_text(${alias}.${bound}_cursor)) END`
}

function definitionOf(
  { batchSize, subBatchSize, hasScope, midJob, failures }: Story,
  model: Model,
  { columns, strategy }: Shape,
): BatchedMigrationDefinition {
  let subBatch = -1
  return defineBatchedMigration({
    jobClassName: 'Story',
    description: 'Counts a hit on every row, and is interrupted.',
    table: 'items',
    column: Object.keys(columns),
    strategy,
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
