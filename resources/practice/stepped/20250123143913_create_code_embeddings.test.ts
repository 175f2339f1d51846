import { practice, run, test } from 'tranche/testing'
import definition from './20250123143913_create_code_embeddings.ts'

test('creates the collection in three partitions', async () => {
  const database = await practice()
  await run(database, definition, { vectors: 'real' })
  await database.expect(
    `SELECT c.relname::text AS partition, pg_get_expr(c.relpartbound, c.oid) AS holds
       FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'gitlab_active_context_code_embeddings'::regclass ORDER BY 1`,
    [0, 1, 2].map((index) => ({
      partition: `gitlab_active_context_code_embeddings_${String(index)}`,
      holds: `FOR VALUES IN (${String(index)})`,
    })),
  )
})

test('creates nothing where the server has no vectors, and says so', async () => {
  const database = await practice()
  const [available] = await database.query("SELECT FROM pg_available_extensions WHERE name = 'vector'")
  if (available !== undefined) return
  const message = await run(database, definition, { vectors: 'vector' }).then(
    () => 'it completed',
    (error: unknown) => String(error),
  )
  if (!message.includes('vector is not available on this server')) throw new Error(message)
  await database.expect("SELECT FROM pg_class WHERE relname LIKE 'gitlab_active_context%'", [])
})
