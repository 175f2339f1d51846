import { check, defineBatchedMigration, sql } from 'tranche'

export default defineBatchedMigration({
  jobClassName: 'BackfillRouteNamespaceId',
  description:
    'Copies source_id of every route into the new foreign key namespace_id, as a step towards removing the polymorphic ' +
    'relation (source_type, source_id). Routes of the unused type are to be deleted later and are left alone. A trigger ' +
    'does the same for routes that are created, or get another source, from now on; ' +
    'finalizing removes it, so finalize in the release whose application writes namespace_id itself.',
  table: 'routes',
  column: 'id',
  batchSize: 1000,
  subBatchSize: 100,
  intervalSeconds: 120,

  scope: sql`source_type <> 'UnusedType'`,
  // IS DISTINCT FROM: rows that the trigger filled, or an earlier run, are not written again.
  perform: ({ subBatch }) => sql`
    UPDATE routes
    SET namespace_id = source_id
    WHERE ${subBatch} AND namespace_id IS DISTINCT FROM source_id`,

  before: [
    check.none(
      'the column namespace_id is there',
      sql`
        SELECT 'routes has no column namespace_id' AS problem
        WHERE NOT EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = to_regclass('routes') AND attname = 'namespace_id' AND NOT attisdropped
        )`,
    ),
    check.none(
      'a trigger fills new and updated routes',
      sql`
        SELECT 'routes has no enabled trigger routes_set_namespace_id' AS problem
        WHERE NOT EXISTS (
          SELECT FROM pg_trigger
          WHERE tgrelid = to_regclass('routes') AND tgname = 'routes_set_namespace_id' AND tgenabled <> 'D'
        )`,
    ),
  ],

  verify: [
    check.rows<{ id: string; source_type: string; source_id: string; namespace_id: string | null }>(
      'a sample of routes has the expected namespace',
      {
        sql: sql`SELECT id, source_type, source_id, namespace_id FROM routes`,
        expect: ({ source_type: sourceType, source_id: sourceId, namespace_id: got }) => {
          const expected = sourceType === 'UnusedType' ? null : sourceId
          return got === expected || `got=${got ?? 'nothing'} expected=${expected ?? 'nothing'}`
        },
      },
    ),
    check.none(
      'every route has the namespace of its source',
      sql`
        SELECT id, source_id AS expected, namespace_id AS got
        FROM routes
        WHERE source_type <> 'UnusedType' AND namespace_id IS DISTINCT FROM source_id
        ORDER BY id`,
    ),
    check.none(
      'no route of the unused type was filled',
      sql`
        SELECT id, source_id, namespace_id AS got
        FROM routes
        WHERE source_type = 'UnusedType' AND namespace_id IS NOT NULL
        ORDER BY id`,
    ),
    check.count(
      'routes without a namespace are those of the unused type',
      sql`SELECT count(*) FROM routes WHERE namespace_id IS NULL`,
      ({ exceptions }) => exceptions['unused type'] ?? 0,
    ),
  ],

  exceptions: [
    {
      name: 'unused type',
      why: 'Routes of the source type UnusedType are going to be deleted, so nobody needs their namespace.',
      count: sql`SELECT count(*) FROM routes WHERE source_type = 'UnusedType'`,
      rows: sql`SELECT id, source_id, path FROM routes WHERE source_type = 'UnusedType' ORDER BY id`,
    },
  ],

  samples: { columns: ['id', 'source_type', 'source_id', 'namespace_id', 'updated_at'] },
  finalize: {
    after: [
      sql`DROP TRIGGER IF EXISTS routes_set_namespace_id ON routes`,
      sql`DROP FUNCTION IF EXISTS routes_set_namespace_id()`,
      sql`ANALYZE routes`,
    ],
  },
})
