import { expect, test } from 'vitest'
import {
  addField,
  bigint,
  boolean,
  createCollection,
  defineSteppedMigration,
  dropCollection,
  integer,
  keyword,
  smallint,
  text,
  updateCollectionMetadata,
  vector,
} from '../../../src/catalogue/api.ts'
import { createAdapters } from '../../../src/host/adapters.ts'
import { onTestFinished } from 'vitest'
import { silentLogger } from '../../support/engine-ports.ts'
import { startPgvectorServer } from '../../support/pgvector-server.ts'
import { FIRST, SECOND, setupStepped, statuses, type SteppedBundle, THIRD, turn } from '../../support/stepped.ts'

const create = defineSteppedMigration({
  version: FIRST,
  operations: [
    createCollection('code', {
      partitions: 2,
      fields: {
        flag: boolean(),
        title: keyword(),
        kind: smallint(),
        body: text(),
        embeddings: vector({ dimensions: 3 }),
        count: integer(),
        project_id: bigint({ index: true }),
      },
    }),
  ],
})

function adapters() {
  const source = createAdapters({ applicationName: 'tranche test', logger: silentLogger, env: {} })
  onTestFinished(() => source.close())
  return source
}

test('a collection on pgvector: partitions by list, wide columns first, b-tree on the parent, HNSW on each partition', async () => {
  const server = await startPgvectorServer()
  const bundle = await setupStepped([create], { ports: { adapters: adapters() }, isConnected: false })
  await bundle.engine.stepped.connect({ name: 'store', adapter: server.address, prefix: 'ai' })
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })

  const columns = await server.query(
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END AS column
       FROM pg_attribute WHERE attrelid = 'ai_code'::regclass AND attnum > 0 ORDER BY attnum`,
  )
  expect(columns.map(({ column }) => column)).toEqual([
    'partition_id integer NOT NULL',
    'embeddings vector(3)',
    'project_id bigint',
    'count integer',
    'kind smallint',
    'flag boolean',
    'id character varying NOT NULL',
    'ref_id character varying NOT NULL',
    'ref_version bigint NOT NULL',
    'title text',
    'body text',
  ])
  const indexes = await server.query(
    `SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'ai_code%' AND indexname !~ 'pkey' ORDER BY indexname`,
  )
  expect(indexes.map(({ indexdef }) => indexdef)).toEqual([
    'CREATE INDEX ai_code_0_embeddings_idx ON public.ai_code_0 USING hnsw (embeddings vector_l2_ops)',
    'CREATE INDEX ai_code_0_project_id_idx ON public.ai_code_0 USING btree (project_id)',
    'CREATE INDEX ai_code_0_title_idx ON public.ai_code_0 USING btree (title)',
    'CREATE INDEX ai_code_1_embeddings_idx ON public.ai_code_1 USING hnsw (embeddings vector_l2_ops)',
    'CREATE INDEX ai_code_1_project_id_idx ON public.ai_code_1 USING btree (project_id)',
    'CREATE INDEX ai_code_1_title_idx ON public.ai_code_1 USING btree (title)',
    'CREATE INDEX ai_code_project_id_idx ON ONLY public.ai_code USING btree (project_id)',
    'CREATE INDEX ai_code_title_idx ON ONLY public.ai_code USING btree (title)',
  ])
  await server.query(
    `INSERT INTO ai_code (partition_id, id, ref_id, ref_version, embeddings) VALUES (1, 'a', 'r', 1, '[1,2,3]')`,
  )
  expect(await server.query(`SELECT tableoid::regclass::text AS part FROM ai_code`)).toEqual([{ part: 'ai_code_1' }])
  expect((await bundle.engine.stepped.list()).collections).toEqual([
    { name: 'code', numberOfPartitions: 2, metadata: {} },
  ])
})

test('fields, metadata and the drop of a collection that an earlier version made', async () => {
  const server = await startPgvectorServer()
  const more = defineSteppedMigration({
    version: SECOND,
    operations: [
      addField('code', { reindexing: boolean({ index: true }), embeddings_v2: vector({ dimensions: 4 }) }),
      updateCollectionMetadata('code', { indexing_embedding_versions: [1], search_embedding_version: 1 }),
    ],
  })
  const bundle = await setupStepped([create, more], { ports: { adapters: adapters() }, isConnected: false })
  await bundle.engine.stepped.connect({ name: 'store', adapter: server.address, prefix: 'ai' })
  await bundle.engine.stepped.work({ toEnd: true })
  expect((await bundle.engine.stepped.list()).collections[0]?.metadata).toEqual({
    indexing_embedding_versions: [1],
    search_embedding_version: 1,
  })
  expect(
    await server.query(`SELECT indexname FROM pg_indexes WHERE indexname LIKE '%v2_idx' ORDER BY indexname`),
  ).toEqual([{ indexname: 'ai_code_0_embeddings_v2_idx' }, { indexname: 'ai_code_1_embeddings_v2_idx' }])

  bundle.files.push(
    defineSteppedMigration({ version: THIRD, operations: [dropCollection('code'), dropCollection('never_there')] }),
  )
  await bundle.engine.stepped.work({ toEnd: true })
  expect(await server.query(`SELECT relname FROM pg_class WHERE relname LIKE 'ai_code%'`)).toEqual([])
  expect((await bundle.engine.stepped.list()).collections).toEqual([])
})

test('an adapter that is away costs three tries, each with its text, then halts; repaired and retried it completes', async () => {
  const server = await startPgvectorServer()
  const bundle = await setupStepped([create], { ports: { adapters: adapters() }, isConnected: false })
  const { engine } = bundle
  await engine.stepped.connect({ name: 'store', adapter: server.address, prefix: 'ai' })
  await server.stop()
  expect([await turn(bundle), await turn(bundle), await turn(bundle), await turn(bundle)]).toEqual([
    { reason: 'tried', version: FIRST },
    { reason: 'tried', version: FIRST },
    { reason: 'failed', version: FIRST },
    { reason: 'halted', version: FIRST },
  ])
  const said = (await engine.stepped.logs({ version: FIRST })).filter(({ level }) => level === 'error')
  expect(said).toHaveLength(3)
  for (const { message } of said)
    expect(message).toContain('target_unreachable: cannot connect to postgres on 127.0.0.1')
  await server.start()
  await engine.stepped.retry(FIRST)
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
})

/** Whether the server of this run brings the extension, as PGlite does. */
async function hasVector({ query }: SteppedBundle): Promise<boolean> {
  return (await query(`SELECT FROM pg_available_extensions WHERE name = 'vector'`)).length > 0
}

test('on a server that has the extension it is created, and the collection with its HNSW indexes', async ({ skip }) => {
  const bundle = await setupStepped([create])
  if (!(await hasVector(bundle))) skip('this server has no pgvector; PGlite stands for it above')
  await bundle.engine.stepped.connect({ name: 'local', vectorStorage: 'vector' })

  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
  expect(
    await bundle.query(
      `SELECT count(*)::int AS count FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%vector_l2_ops%'`,
    ),
  ).toEqual([{ count: 2 }])
})

test('without the extension nothing is created, and it is said; real[] only where the operator chose it', async ({
  skip,
}) => {
  const bundle = await setupStepped([create])
  if (await hasVector(bundle)) skip('this server has pgvector')
  const { engine, query } = bundle
  const tables = () => query(`SELECT relname FROM pg_class WHERE relname LIKE 'ai_code%' AND relkind IN ('r', 'p')`)
  await engine.stepped.connect({ name: 'local', vectorStorage: 'vector' })
  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  expect((await engine.stepped.list()).migrations[0]?.errorMessage).toContain(
    'vector_unavailable: vector is not available on this server',
  )
  expect(await tables()).toEqual([])
  await engine.stepped.connect({ name: 'local', vectorStorage: 'real' })
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
  expect(await tables()).toHaveLength(3)
  expect(
    await query(`SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
                  WHERE attrelid = 'public.ai_code'::regclass AND attname = 'embeddings'`),
  ).toEqual([{ type: 'real[]' }])
  expect(await query(`SELECT indexname FROM pg_indexes WHERE indexname LIKE '%embeddings_idx'`)).toEqual([])
  await expect(
    query(
      `INSERT INTO public.ai_code (partition_id, id, ref_id, ref_version, embeddings) VALUES (0, 'a', 'r', 1, '{1,2}')`,
    ),
  ).rejects.toThrow('check constraint')
  expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed' })
})
