import { practice, run, test } from 'tranche/testing'
import definition from './batch-projects-with-issues.ts'

test('counts the issues of each project, however many there are', async () => {
  const database = await practice({ files: ['_data/10-namespaces/schema.sql', '_data/60-guide/schema.sql'] })
  // 20 projects; the seventh has a hundred issues more than the others. One was counted before two of its issues came.
  await database.query(`
    INSERT INTO issues (project_id, title, closed_at)
    SELECT project, 'an issue', CASE WHEN number = 1 THEN now() END
    FROM generate_series(10, 200, 10) AS project, generate_series(1, 3) AS number
    UNION ALL SELECT 70, 'one of many', NULL FROM generate_series(1, 100);
    INSERT INTO project_issue_counts VALUES (20, 1, 0)`)

  const { rows } = await run(database, definition)

  if (rows.scanned !== 20 || rows.changed !== 20) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect(
    'SELECT open_issues, closed_issues, count(*)::int AS projects FROM project_issue_counts GROUP BY 1, 2 ORDER BY 1',
    [
      { open_issues: '2', closed_issues: '1', projects: 19 },
      { open_issues: '102', closed_issues: '1', projects: 1 },
    ],
  )
})
