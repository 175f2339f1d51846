import { practice, run, test } from 'tranche/testing'
import definition from './backfill-build-namespace-id.ts'

test('takes the namespace of each build from the other database', async () => {
  const main = await practice({ files: ['_data/10-namespaces/schema.sql'] })
  await main.query(`
    INSERT INTO namespaces (id, type, name, path) SELECT i, 'Group', 'n' || i, 'n' || i FROM generate_series(1, 4) AS i;
    INSERT INTO projects (id, namespace_id, project_namespace_id, name, path) VALUES (1, 1, 3, 'p', 'p'), (2, 2, 4, 'q', 'q')`)
  const ci = await practice({ files: ['_data_ci/10-builds/schema.sql'] })
  await ci.query(
    `INSERT INTO ci_builds (id, project_id, name) SELECT i, i % 3 + 1, 'b' || i FROM generate_series(1, 30) AS i`,
  )

  const { exceptions } = await run(ci, definition, { databases: { main } })

  await ci.expect('SELECT project_id, namespace_id, count(*)::int AS count FROM ci_builds GROUP BY 1, 2 ORDER BY 1', [
    { project_id: '1', namespace_id: '1', count: 10 },
    { project_id: '2', namespace_id: '2', count: 10 },
    { project_id: '3', namespace_id: null, count: 10 },
  ])
  if (String(exceptions[0]?.count) !== '10') throw new Error(`${exceptions[0]?.count} exceptions`)
})
