import { describe, expect, it } from 'vitest'
import { sql, z } from '../../src/catalogue/api.ts'
import { engineAsRole } from '../support/engine-as-role.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { openTestTarget, setup } from '../support/engine-setup.ts'
import { hitsTable } from '../support/hits.ts'
import { define, failureOf, HIT, hits, performed } from '../support/performed.ts'
import { createTestDatabase } from '../support/test-database.ts'

describe('other databases', () => {
  it('are reached in a transaction of their own', async () => {
    const other = await createTestDatabase()
    await other.query('CREATE TABLE copies (id bigint PRIMARY KEY)')
    const definition = define(async ({ query, database, subBatch }) => {
      const { rows } = await query(sql`SELECT id FROM items WHERE ${subBatch}`)
      await database('ci').query(
        sql`INSERT INTO copies SELECT unnest(${rows.map(({ id }) => id)}::bigint[]) ON CONFLICT DO NOTHING`,
      )
      return { changed: rows.length }
    })
    const bundle = await setup({ schema: hitsTable(6), definitions: [definition] })
    const target = openTestTarget(other)
    const engine = bundle.another({ otherDatabases: new Map([['ci', target]]) })
    const { migration } = await engine.queue({ jobClassName: 'Performed' })
    expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 6 } })
    expect(await other.query('SELECT id FROM copies ORDER BY id')).toHaveLength(6)
    await target.close()
    await other.drop()
  })

  it('fail the job where nobody mapped them, or where they are away', async () => {
    const definition = define(async ({ database }) => {
      await database('ci').query(sql`SELECT 1`)
    })
    const bundle = await performed(definition)
    const away = openTestTarget({
      ...bundle.database,
      connection: { ...bundle.database.connection, database: 'nowhere' },
    })
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toContain('the definition asks for the database "ci"')

    await bundle.engine.retry(bundle.migrationId)
    expect(await bundle.another({ otherDatabases: new Map([['ci', away]]) }).run(bundle.migrationId)).toMatchObject({
      reason: 'failed',
    })
    const { groups } = await bundle.engine.failures(bundle.migrationId)
    expect(groups.map(({ message }) => message)).toContain(
      'the database "ci" did not answer: there is no database "nowhere" on ' +
        `${bundle.database.connection.host}:${bundle.database.connection.port}`,
    )
    await away.close()
  })
})

describe('what perform is given', () => {
  it('restricts the aliased row by range and scope, also where joined tables have the same columns', async () => {
    const definition = define(
      ({ subBatch, args }) => sql`UPDATE items AS i SET hits = i.hits + ${args.by} FROM twins AS t, items AS other
                                   WHERE t.id = i.id AND other.id = i.id AND ${subBatch.on('i')}`,
      {
        arguments: { by: z.number(), above: z.number() },
        scope: ({ args }) =>
          sql`NOT bad AND id > ${args.above} AND EXISTS (SELECT FROM items AS i WHERE i.id = items.id)`,
      },
    )
    const bundle = await setup({
      schema: `${hitsTable(6)}; CREATE TABLE twins AS SELECT id, hits, NOT bad AS bad FROM items; UPDATE items SET bad = true WHERE id = 12`,
      definitions: [definition],
    })
    const { migration } = await bundle.engine.queue({ jobClassName: 'Performed', jobArguments: [5, 3] })
    expect(await bundle.engine.run(migration.id)).toMatchObject({
      reason: 'finished',
      rows: { scanned: 4, changed: 4 },
    })
    expect(await hits(bundle)).toEqual([0, 5, 5, 0, 5, 5])
  })

  it('has values that lost nothing', async () => {
    const seen: unknown[] = []
    const bundle = await performed(
      define(async ({ query }) => {
        seen.push(
          (
            await query(sql`SELECT 9007199254740993::bigint AS b, 1.10::numeric AS n, 7::int AS i, true AS t, NULL::text AS x,
        '2026-01-02 03:04:05.678901'::timestamp AS ts, '2026-01-02'::date AS d, '{"a":[1]}'::jsonb AS j, '{1.10}'::numeric[] AS ns,
        ARRAY['2026-01-02 03:04:05']::timestamp[] AS tss, ARRAY[9007199254740993::bigint] AS bs, '1 day'::interval AS v`)
          ).rows[0],
        )
      }),
    )
    await bundle.engine.run(bundle.migrationId, { maxJobs: 1 })
    expect(seen[0]).toEqual({
      b: '9007199254740993',
      n: '1.10',
      i: 7,
      t: true,
      x: null,
      ts: '2026-01-02 03:04:05.678901',
      d: '2026-01-02',
      j: { a: [1] },
      ns: ['1.10'],
      tss: ['2026-01-02 03:04:05'],
      bs: ['9007199254740993'],
      v: '1 day',
    })
  })

  it('logs to whoever listens, with job and migration', async () => {
    const { engine, migrationId, heard } = await performed(
      define(({ log, subBatch, jobId }) => {
        log('warn', 'looked', { jobId })
        return HIT(subBatch)
      }),
    )
    await engine.run(migrationId, { maxJobs: 1 })
    const logged = heard.filter(({ name }) => name === 'definition:log').map(({ event }) => event as { jobId: string })
    expect(logged).toHaveLength(2)
    expect(logged[0]).toEqual({
      migrationId,
      jobId: logged[0]?.jobId,
      level: 'warn',
      message: 'looked',
      fields: { jobId: logged[0]?.jobId },
    })
  })

  it('means by an unqualified name what the role meant at queue time', async () => {
    const bundle = await setup({
      schema: `CREATE SCHEMA app; CREATE TABLE app.items (id bigint PRIMARY KEY, hits int NOT NULL DEFAULT 0);
               INSERT INTO app.items SELECT generate_series(1, 6); CREATE TABLE public.items (LIKE app.items INCLUDING ALL)`,
    })
    const definition = define(({ subBatch }) => HIT(subBatch))
    const grants = (role: string): string[] => [
      `ALTER ROLE ${role} SET search_path = app`,
      `GRANT USAGE ON SCHEMA app, tranche TO ${role}`,
      `GRANT ALL ON ALL TABLES IN SCHEMA app, public, tranche TO ${role}`,
      `GRANT ALL ON ALL SEQUENCES IN SCHEMA tranche TO ${role}`,
    ]
    const first = await engineAsRole(bundle.database, { grants, ports: { definitions: sourceOf([definition]) } })
    const { migration } = await first.engine.queue({ jobClassName: 'Performed' })

    expect(migration.tableName).toBe('app.items')
    expect(await bundle.another({ definitions: sourceOf([definition]) }).run(migration.id)).toMatchObject({
      reason: 'finished',
    })
    expect(await bundle.query('SELECT DISTINCT hits FROM app.items')).toEqual([{ hits: 1 }])
  })
})
