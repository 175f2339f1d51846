import { check, defineBatchedMigration, sql, values } from 'tranche'

export default defineBatchedMigration({
  jobClassName: 'BackfillBuildNamespaceId',
  description:
    'Gives every build of the database ci the namespace of its project, which lives in the database main. The two are ' +
    'read and written apart, so that a build whose project is deleted in between keeps what was read.',
  database: 'ci',
  table: 'ci_builds',
  column: 'id',
  batchSize: 1000,
  subBatchSize: 200,
  intervalSeconds: 120,

  perform: async ({ query, database, subBatch }) => {
    const builds = await query(
      sql`SELECT DISTINCT project_id FROM ci_builds WHERE ${subBatch} AND namespace_id IS NULL`,
    )
    const ids = builds.rows.map((build) => String(build.project_id))
    const projects = await database('main').query(
      sql`SELECT id, namespace_id FROM projects WHERE id = ANY (${ids}::bigint[])`,
    )
    if (projects.rows.length === 0) return { changed: 0 }
    const { rowCount } = await query(sql`
      UPDATE ci_builds AS b
         SET namespace_id = p.namespace_id
        FROM (${values(projects.rows, { id: 'bigint', namespace_id: 'bigint' })}) AS p (id, namespace_id)
       WHERE b.project_id = p.id AND b.namespace_id IS NULL AND ${subBatch.on('b')}`)
    return { changed: rowCount }
  },

  // What stands in main cannot be asked from here; what one database can tell is that its builds agree with each other.
  verify: [
    check.none(
      'builds of one project have one namespace, or none of them has',
      sql`
        SELECT project_id, count(*) AS builds, count(namespace_id) AS filled
          FROM ci_builds
         GROUP BY project_id
        HAVING count(DISTINCT namespace_id) > 1 OR count(namespace_id) NOT IN (0, count(*))
         ORDER BY project_id LIMIT 20`,
    ),
  ],
  exceptions: [
    {
      name: 'project is gone',
      why: 'The project was deleted in main; its builds are removed with the next clean-up.',
      count: sql`SELECT count(*) FROM ci_builds WHERE namespace_id IS NULL`,
      rows: sql`SELECT id, project_id FROM ci_builds WHERE namespace_id IS NULL ORDER BY id LIMIT 100`,
    },
  ],
  samples: { columns: ['id', 'project_id', 'namespace_id'] },
})
