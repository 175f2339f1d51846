import { practice, run, test } from 'tranche/testing'
import definition from './split-integration-properties.ts'

test('splits the document into its columns', async () => {
  const database = await practice({ files: ['_data/10-namespaces/schema.sql', '_data/60-guide/schema.sql'] })
  await database.query(`
    INSERT INTO namespaces (id, type, name, path) VALUES (1, 'Group', 'g', 'g'), (2, 'Project', 'p', 'p');
    INSERT INTO projects (id, namespace_id, project_namespace_id, name, path) VALUES (1, 1, 2, 'p', 'p')`)
  await database.insert(
    'integrations',
    { id: 1, project_id: 1, type: 'Jira', properties: { url: 'https://a', push_events: true, timeout: 5 } },
    { id: 7, project_id: 1, type: 'Slack', properties: { url: 'https://b', push_events: false, timeout: '30' } },
    { id: 8, project_id: 1, type: 'Slack', properties: {} },
    // Split before, by the application.
    { id: 9, project_id: 1, type: 'Jira', properties: { url: 'https://c' }, url: 'https://c' },
  )

  const { rows } = await run(database, definition)

  if (rows.scanned !== 4 || rows.changed !== 2) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect('SELECT id, url, push_events, timeout_seconds FROM integrations ORDER BY id', [
    { id: '1', url: 'https://a', push_events: true, timeout_seconds: 5 },
    { id: '7', url: 'https://b', push_events: false, timeout_seconds: 30 },
    { id: '8', url: null, push_events: null, timeout_seconds: null },
    { id: '9', url: 'https://c', push_events: null, timeout_seconds: null },
  ])
})
