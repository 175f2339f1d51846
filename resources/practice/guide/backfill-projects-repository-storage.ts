import { check, defineBatchedMigration, sql } from 'tranche'

export default defineBatchedMigration({
  jobClassName: 'BackfillProjectsRepositoryStorage',
  description:
    'Writes down where the repository of a project is stored, for the one project in ten where that was left to the ' +
    'default. The filter is part of the batching: every row of a batch is one to change.',
  table: 'projects',
  column: 'id',
  batchSize: 1000,
  subBatchSize: 100,

  // Covered by index_projects_on_id_without_repository_storage, so that finding a batch does not read the other nine.
  scope: sql`repository_storage IS NULL`,
  perform: ({ subBatch }) => sql`UPDATE projects SET repository_storage = 'default' WHERE ${subBatch}`,

  before: [
    check.none(
      'an index covers the filter',
      sql`
        SELECT 'no index on projects (id) WHERE repository_storage IS NULL' AS problem
        WHERE NOT EXISTS (
          SELECT FROM pg_index
          WHERE indrelid = to_regclass('projects') AND indisvalid
            AND pg_get_expr(indpred, indrelid) = '(repository_storage IS NULL)'
        )`,
    ),
  ],
  verify: [
    check.none(
      'every project says where its repository is',
      sql`SELECT id FROM projects WHERE repository_storage IS NULL ORDER BY id`,
    ),
  ],
  samples: { columns: ['id', 'path', 'repository_storage'] },
  finalize: { after: [sql`ANALYZE projects`] },
})
