import { check, defineBatchedMigration, sql } from 'tranche'

// What a document says, column by column; the checks compare with the same expressions.
const split = sql`
  properties ->> 'url' AS url,
  (properties ->> 'push_events')::boolean AS push_events,
  (properties ->> 'timeout')::integer AS timeout_seconds`

export default defineBatchedMigration({
  jobClassName: 'SplitIntegrationProperties',
  description:
    'Splits the JSON document integrations.properties into the columns url, push_events and timeout_seconds. The ' +
    'document stays: the release after the one that reads the columns drops it.',
  table: 'integrations',
  column: 'id',

  perform: ({ subBatch }) => sql`
    UPDATE integrations
    SET url = split.url, push_events = split.push_events, timeout_seconds = split.timeout_seconds
    FROM (SELECT id, ${split} FROM integrations WHERE ${subBatch}) AS split
    WHERE integrations.id = split.id
      AND (integrations.url, integrations.push_events, integrations.timeout_seconds)
        IS DISTINCT FROM (split.url, split.push_events, split.timeout_seconds)`,

  verify: [
    check.rows<{ id: string; properties: { url?: string }; url: string | null }>(
      'a sample of integrations has the URL of its document',
      {
        sql: sql`SELECT id, properties, url FROM integrations`,
        expect: ({ properties, url }) =>
          url === (properties.url ?? null) || `got=${url ?? 'nothing'} expected=${properties.url ?? 'nothing'}`,
      },
    ),
    check.none(
      'every integration has in its columns what its document says',
      sql`
        SELECT integrations.id, properties, integrations.url, integrations.push_events, integrations.timeout_seconds
        FROM integrations
        JOIN (SELECT id, ${split} FROM integrations) AS split USING (id)
        WHERE (integrations.url, integrations.push_events, integrations.timeout_seconds)
          IS DISTINCT FROM (split.url, split.push_events, split.timeout_seconds)
        ORDER BY integrations.id`,
    ),
    check.count(
      'integrations without a timeout are those whose document has none',
      sql`SELECT count(*) FROM integrations WHERE timeout_seconds IS NULL`,
      ({ exceptions }) => exceptions['no timeout'] ?? 0,
    ),
  ],

  exceptions: [
    {
      name: 'no timeout',
      why: 'Their document names none; the application takes its default.',
      count: sql`SELECT count(*) FROM integrations WHERE properties -> 'timeout' IS NULL`,
    },
  ],

  samples: { columns: ['id', 'properties', 'url', 'push_events', 'timeout_seconds'] },
  finalize: { after: [sql`ANALYZE integrations`] },
})
