import { check, defineBatchedMigration, sql } from 'tranche'

export default defineBatchedMigration({
  jobClassName: 'FillDisplayNames',
  description:
    'Gives every user without a display name the name of their account, so that the column can become NOT NULL.',
  table: 'users',
  column: 'id',
  batchSize: 10_000,
  subBatchSize: 500,
  // It may run again on the same rows: those that have a display name are left as they are.
  perform: ({ subBatch }) => sql`
    UPDATE users
       SET display_name = username
     WHERE ${subBatch}
       AND display_name IS NULL`,
  verify: [
    check.none(
      'every user has a display name',
      sql`SELECT id, username FROM users WHERE display_name IS NULL LIMIT 20`,
    ),
  ],
})
