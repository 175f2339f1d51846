import { describe, expect, it } from 'vitest'
import { defineBatchedMigration, eachRow, sql, values } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, QueryingContext } from '../../src/catalogue/definition.ts'
import type { PreviewRequest } from '../../src/engine/preview.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { loadedOf } from '../support/engine-ports.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { inProcessTransformer } from '../support/in-process-transformer.ts'
import { queued } from '../support/queued.ts'

const HITS = { queue: { jobClassName: 'HitEvery' } } satisfies PreviewRequest

async function contents({ query }: Bundle): Promise<unknown> {
  const tables = await query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1`,
  )
  return Promise.all(tables.map(async ({ name }) => [name, await query(`SELECT t::text FROM ${name} AS t ORDER BY 1`)]))
}

/** A definition over items that runs a function. */
function running(perform: (context: QueryingContext) => Promise<unknown>): BatchedMigrationDefinition {
  return defineBatchedMigration({
    ...{ jobClassName: 'HitEvery', description: 'x', table: 'items', column: 'id', pauseMs: 0, subBatchSize: 10 },
    perform: async (context) => {
      await perform(context)
    },
  })
}

describe('a preview', () => {
  it('shows the first, a middle and the last sub-batch before and after, and changes nothing', async () => {
    const bundle = await queued(300, hitEvery({ scope: sql`NOT bad` }), [3, 900])
    const before = await contents(bundle)

    const { subBatches, ...of } = await bundle.engine.preview({ ...HITS, rows: 5 })

    expect(of).toMatchObject({ jobClassName: 'HitEvery', tableName: 'public.items', migrationId: null, notes: [] })
    expect(subBatches.map(({ place, scanned, changed }) => [place, scanned, changed])).toEqual([
      ['first', 5, 5],
      ['middle', 5, 5],
      ['last', 5, 5],
    ])
    const [first, middle, last] = subBatches
    expect(first?.rows.map(({ key }) => key)).toEqual([['6'], ['9'], ['12'], ['15'], ['18']])
    expect(first?.rows[0]).toMatchObject({ before: { id: 6, hits: 0 }, after: { id: 6, hits: 1 } })
    expect(first?.rowsChanged).toBe(5)
    expect(first?.writes).toEqual([{ table: 'public.items', inserted: 0, updated: 5, deleted: 0 }])
    expect(Number(middle?.until[0])).toBeGreaterThan(300)
    expect(last?.until).toEqual(['897'])
    expect(await contents(bundle)).toEqual(before)
  })

  it('needs no tracking schema, and says where there is nothing to look at', async () => {
    const { engine, query } = await setup({ schema: hitsTable(3), definitions: [hitEvery()], isInstalled: false })
    expect(await engine.preview(HITS)).toMatchObject({
      subBatches: [{ place: 'first', scanned: 3, until: ['9'] }],
      notes: ['the first sub-batch holds all of it'],
    })
    await query('DELETE FROM items')
    expect(await engine.preview(HITS)).toMatchObject({ subBatches: [], notes: ['no row lies in the range'] })
  })

  it('of a job begins behind its cursor, and tells why it fails', async () => {
    const definition = hitEvery({ raisesOnBad: true, batchSize: 50, subBatchSize: 10 })
    const { engine, migrationId } = await queued(50, definition, [75])
    await engine.run(migrationId)
    const { jobs } = await engine.failures(migrationId)
    const jobId = jobs[0]?.job.id ?? ''

    const { subBatches, notes } = await engine.preview({ migrationId, jobId })

    expect(notes).toEqual([`job ${jobId} goes on behind its cursor`])
    expect(subBatches).toMatchObject([
      { place: 'first', after: ['60'], changed: 0, error: { message: expect.stringContaining('division') as string } },
      { place: 'middle', changed: 10, error: null },
      { place: 'last', changed: 10, error: null },
    ])
    await expect(engine.preview({ migrationId, jobId: '999' })).rejects.toMatchObject({ code: 'unknown_job' })
  })

  it('says whether an index leads to the rows', async () => {
    const definition = defineBatchedMigration({
      ...{ jobClassName: 'HitEvery', description: 'x', table: 'items', column: 'id', subBatchSize: 10 },
      perform: ({ subBatch }) =>
        sql`UPDATE items SET hits = (SELECT count(*) FROM tags WHERE tags.item = items.id) WHERE ${subBatch}`,
    })
    const { engine, query } = await setup({
      schema: `${hitsTable(30)}; CREATE TABLE tags (item bigint)`,
      definitions: [definition],
    })
    const planOf = async (): Promise<unknown> => (await engine.preview(HITS)).subBatches[0]?.statements[0]?.plan
    expect(await planOf()).toMatchObject({ isIndexed: false, detail: expect.stringContaining('all of tags') as string })
    await query('CREATE INDEX ON tags (item)')
    expect(await planOf()).toMatchObject({ isIndexed: true, detail: expect.stringContaining('items_pkey') as string })
  })

  it('follows a function statement by statement, and what it writes elsewhere is rolled back too', async () => {
    const definition = running(async ({ query, subBatch }) => {
      await query(sql`INSERT INTO copies SELECT id FROM items WHERE ${subBatch}`)
      await query(sql`DELETE FROM items WHERE ${subBatch}`)
    })
    const bundle = await setup({
      schema: `${hitsTable(5)}; CREATE TABLE copies (id bigint)`,
      definitions: [definition],
    })
    const before = await contents(bundle)
    const { subBatches } = await bundle.engine.preview(HITS)
    expect(subBatches[0]?.statements.map(({ text }) => text.split(' ')[0])).toEqual(['INSERT', 'DELETE'])
    expect(subBatches[0]?.writes).toEqual([
      { table: 'public.copies', inserted: 5, updated: 0, deleted: 0 },
      { table: 'public.items', inserted: 0, updated: 0, deleted: 5 },
    ])
    expect(subBatches[0]?.rows[0]).toMatchObject({ key: ['3'], after: null })
    expect(await contents(bundle)).toEqual(before)
  })

  it('of eachRow counts what would be quarantined, and quarantines nothing', async () => {
    const definition = defineBatchedMigration({
      ...{ jobClassName: 'HitEvery', description: 'x', table: 'items', column: 'id', subBatchSize: 10 },
      perform: eachRow({
        select: ({ subBatch }) => sql`SELECT id FROM items WHERE ${subBatch}`,
        transform: ({ id }: { id: string }) => {
          if (id === '6') throw new Error('no six')
          return { id }
        },
        write: (rows) =>
          sql`UPDATE items SET hits = 7 FROM (${values(
            rows.map(({ value }) => value),
            { id: 'bigint' },
          )}) AS v (id) WHERE items.id = v.id`,
      }),
    })
    const ports = { rowTransformer: inProcessTransformer }
    const bundle = await setup({ schema: hitsTable(5), definitions: [definition], ports })
    const before = await contents(bundle)
    const { subBatches } = await bundle.engine.preview(HITS)
    expect(subBatches).toMatchObject([{ scanned: 5, changed: 4, quarantined: 1, rowsChanged: 4, error: null }])
    expect(await contents(bundle)).toEqual(before)
  })

  it('is refused where a rollback would not take everything back', async () => {
    const reaching = running(async ({ database }) => {
      await database('main').query(sql`UPDATE items SET hits = 1`)
    })
    const bundle = await setup({ schema: hitsTable(5), definitions: [reaching] })
    const before = await contents(bundle)
    await expect(bundle.engine.preview(HITS)).rejects.toMatchObject({
      code: 'preview_refused',
      message: expect.stringContaining('reaches another database') as string,
    })
    const calling = loadedOf(hitEvery(), 'const answer = await fetch(url)')
    const other = bundle.another({ definitions: { find: () => calling, list: () => [calling] } })
    await expect(other.preview(HITS)).rejects.toMatchObject({
      code: 'preview_refused',
      message: expect.stringContaining('HitEvery.ts calls another service') as string,
    })
    expect(await contents(bundle)).toEqual(before)
  })
})
