import { check, defineBatchedMigration, sql } from 'tranche'

export default defineBatchedMigration({
  jobClassName: 'SplitEventsIntoTables',
  description:
    'Copies the events of each kind into a table of their own: push_events, comment_events, membership_events. The old ' +
    'rows stay until the release that reads the new tables.',
  table: 'project_events',
  column: 'id',

  // Three statements in one transaction: a sub-batch is in all tables or in none. What is there already is left alone, so
  // that it can run again.
  perform: async ({ query, subBatch }) => {
    await query(sql`
      INSERT INTO push_events (event_id, project_id, ref, commit_count, created_at)
      SELECT id, project_id, payload ->> 'ref', (payload ->> 'commits')::integer, created_at
      FROM project_events
      WHERE ${subBatch} AND action = 'pushed'
      ON CONFLICT (event_id) DO NOTHING`)
    await query(sql`
      INSERT INTO comment_events (event_id, project_id, note, created_at)
      SELECT id, project_id, payload ->> 'note', created_at
      FROM project_events
      WHERE ${subBatch} AND action = 'commented'
      ON CONFLICT (event_id) DO NOTHING`)
    await query(sql`
      INSERT INTO membership_events (event_id, project_id, has_joined, created_at)
      SELECT id, project_id, action = 'joined', created_at
      FROM project_events
      WHERE ${subBatch} AND action IN ('joined', 'left')
      ON CONFLICT (event_id) DO NOTHING`)
  },

  verify: [
    check.none(
      'every event is in the table of its kind, with what it says',
      sql`
        SELECT project_events.id, action, payload
        FROM project_events
        LEFT JOIN push_events AS push ON push.event_id = project_events.id
        LEFT JOIN comment_events AS comment ON comment.event_id = project_events.id
        LEFT JOIN membership_events AS membership ON membership.event_id = project_events.id
        WHERE CASE action
          WHEN 'pushed' THEN (push.ref, push.commit_count)
            IS DISTINCT FROM (payload ->> 'ref', (payload ->> 'commits')::integer)
          WHEN 'commented' THEN comment.note IS DISTINCT FROM payload ->> 'note'
          WHEN 'joined' THEN membership.has_joined IS DISTINCT FROM true
          WHEN 'left' THEN membership.has_joined IS DISTINCT FROM false
          ELSE false
        END
        ORDER BY project_events.id`,
    ),
    check.count(
      'no event is in two tables, or got lost',
      sql`
        SELECT (SELECT count(*) FROM project_events) - (SELECT count(*) FROM push_events)
          - (SELECT count(*) FROM comment_events) - (SELECT count(*) FROM membership_events)`,
      ({ exceptions }) => exceptions['of a kind without a table'] ?? 0,
    ),
  ],

  exceptions: [
    {
      name: 'of a kind without a table',
      why: 'Imported events say nothing; they go with the old table.',
      count: sql`SELECT count(*) FROM project_events WHERE action NOT IN ('pushed', 'commented', 'joined', 'left')`,
    },
  ],

  samples: false,
  finalize: { after: [sql`ANALYZE push_events, comment_events, membership_events`] },
})
