import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../../../src/catalogue/definition.ts'
import { type Bundle, setup } from '../../support/engine-setup.ts'

const BY_PROJECT = {
  jobClassName: 'ByProject',
  description: 'Counts a hit on every issue, project by project.',
  table: 'issues',
  column: 'project_id',
  strategy: 'loose_index_scan',
  batchSize: 3,
  subBatchSize: 2,
  pauseMs: 0,
  perform: ({ subBatch }) => sql`UPDATE issues SET hits = hits + 1 WHERE ${subBatch}`,
} as const satisfies Parameters<typeof defineBatchedMigration>[0]

/** Issues of the given projects, as many as the lists say. */
async function issues(
  type: string,
  projects: readonly (readonly [project: string | null, count: number])[],
  definition: BatchedMigrationDefinition = defineBatchedMigration(BY_PROJECT),
): Promise<Bundle> {
  const bundle = await setup({
    schema: `CREATE TABLE public.issues (id bigserial PRIMARY KEY, project_id ${type}, hits integer NOT NULL DEFAULT 0);
             CREATE INDEX ON public.issues (project_id)`,
    definitions: [definition],
  })
  for (const [project, count] of projects)
    await bundle.query(`INSERT INTO issues (project_id) SELECT $1 FROM generate_series(1, $2)`, [project, count])
  return bundle
}

const JOBS = `SELECT min_value AS min, max_value AS max, p.scanned, p.changed FROM tranche.batched_background_migration_jobs AS j
                JOIN tranche.job_progress AS p ON p.job_id = j.id ORDER BY j.id`

it('counts distinct values in jobs and sub-batches, and visits every row of them once', async () => {
  const bundle = await issues('bigint', [
    ['5', 3],
    ['10', 4],
    ['15', 1],
    ['20', 2],
    ['-1', 2],
  ])
  const { engine, query, heard } = bundle

  const { migration } = await engine.queue({ jobClassName: 'ByProject' })
  const { reason } = await engine.run(migration.id)

  expect(migration).toMatchObject({ strategy: 'LooseIndexScanBatchingStrategy', minValue: '-1', maxValue: '20' })
  expect(reason).toBe('finished')
  expect(await query('SELECT hits, count(*)::int FROM issues GROUP BY hits')).toEqual([{ hits: 1, count: 12 }])
  expect(await query(JOBS)).toEqual([
    { min: '-1', max: '10', scanned: '3', changed: '9' },
    { min: '15', max: '20', scanned: '2', changed: '3' },
  ])
  const ends = heard.flatMap(({ name, event }) =>
    name === 'sub_batch:committed' ? [(event as { end: unknown }).end] : [],
  )
  expect(ends).toEqual([['5'], ['10'], ['20']])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true, proven: 'coverage-only' })
})

it('gives the slice’s values as a list, for IN and for FROM', async () => {
  const definition = defineBatchedMigration({
    ...BY_PROJECT,
    perform: async ({ query, subBatch }) => {
      await query(sql`UPDATE issues SET hits = hits + 1 WHERE project_id IN ${subBatch.values}`)
      await query(sql`UPDATE issues SET hits = hits + 10 FROM ${subBatch.values} AS v(x) WHERE v.x = issues.project_id`)
    },
  })
  const { engine, query } = await issues(
    'text',
    [
      ['a', 2],
      ['"b,', 2],
      ['', 1],
    ],
    definition,
  )

  const { migration } = await engine.queue({ jobClassName: 'ByProject' })

  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
  expect(migration.minCursor).toEqual([''])
  expect(await query('SELECT hits, count(*)::int FROM issues GROUP BY hits')).toEqual([{ hits: 11, count: 5 }])
})

it('does not visit rows without a value, and counts them as an exception', async () => {
  const { engine, query } = await issues('bigint', [
    [null, 4],
    ['7', 2],
  ])

  const { migration } = await engine.queue({ jobClassName: 'ByProject' })
  await engine.run(migration.id)

  expect(await query('SELECT project_id AS project, hits, count(*)::int FROM issues GROUP BY 1, 2 ORDER BY 1')).toEqual(
    [
      { project: '7', hits: 1, count: 2 },
      { project: null, hits: 0, count: 4 },
    ],
  )
  const { holds, exceptions } = await engine.verify(migration.id)
  expect({ holds, exceptions: exceptions.map(({ name, count }) => [name, count]) }).toEqual({
    holds: true,
    exceptions: [['project_id is NULL', 4]],
  })
})

it('wants an index that begins with the column, unless it is forced', async () => {
  const { engine, query } = await issues('bigint', [['1', 2]])
  await query(
    `DROP INDEX issues_project_id_idx; CREATE INDEX ON issues (project_id) WHERE hits = 0; CREATE INDEX ON issues (hits, project_id)`,
  )

  await expect(engine.queue({ jobClassName: 'ByProject' })).rejects.toMatchObject({ code: 'column_not_indexed' })

  const { migration } = await engine.queue({ jobClassName: 'ByProject', force: true })
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
})

it('takes an index whose other columns are in whatever order', async () => {
  const { engine, query } = await issues('bigint', [['1', 2]])
  await query('DROP INDEX issues_project_id_idx; CREATE INDEX ON issues (project_id, hits DESC)')

  const { migration } = await engine.queue({ jobClassName: 'ByProject' })
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
})
