import { check, defineBatchedMigration, sql } from 'tranche'

// Every project with issues, and how many of them are open and closed.
const counted = sql`
  SELECT project_id,
    count(*) FILTER (WHERE closed_at IS NULL) AS open_issues,
    count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed_issues
  FROM issues`

export default defineBatchedMigration({
  jobClassName: 'BatchProjectsWithIssues',
  description:
    'Counts the open and closed issues of each project. It walks over the distinct values of issues.project_id, which is ' +
    'not unique, by a loose index scan: a job is 5000 projects, however many issues they have.',
  table: 'issues',
  column: 'project_id',
  strategy: 'loose_index_scan',
  batchSize: 5000,
  subBatchSize: 500,
  intervalSeconds: 120,

  perform: ({ subBatch }) => sql`
    INSERT INTO project_issue_counts AS counts (project_id, open_issues, closed_issues)
    ${counted} WHERE project_id IN ${subBatch.values} GROUP BY project_id
    ON CONFLICT (project_id) DO UPDATE
    SET open_issues = excluded.open_issues, closed_issues = excluded.closed_issues
    WHERE (counts.open_issues, counts.closed_issues) IS DISTINCT FROM (excluded.open_issues, excluded.closed_issues)`,

  verify: [
    check.none(
      'every project has its number of issues',
      sql`
        SELECT project_id, expected.open_issues AS expected_open, got.open_issues AS got_open,
          expected.closed_issues AS expected_closed, got.closed_issues AS got_closed
        FROM (${counted} GROUP BY project_id) AS expected
        FULL JOIN project_issue_counts AS got USING (project_id)
        WHERE (expected.open_issues, expected.closed_issues) IS DISTINCT FROM (got.open_issues, got.closed_issues)
        ORDER BY project_id`,
    ),
    check.equal(
      'every issue was counted once',
      sql`SELECT count(*) FROM issues`,
      sql`SELECT coalesce(sum(open_issues + closed_issues), 0) FROM project_issue_counts`,
    ),
  ],
})
