import { practice, run, test } from 'tranche/testing'
import definition from './split-events-into-tables.ts'

test('copies each event into the table of its kind', async () => {
  const database = await practice({ files: ['_data/10-namespaces/schema.sql', '_data/60-guide/schema.sql'] })
  const common = { project_id: 1, created_at: '2026-01-01T00:00:00Z' }
  await database.insert(
    'project_events',
    { ...common, id: 1, action: 'pushed', payload: { ref: 'main', commits: 3 } },
    { ...common, id: 5, action: 'commented', payload: { note: 'Well done' } },
    { ...common, id: 6, action: 'joined', payload: {} },
    { ...common, id: 9, action: 'left', payload: {} },
    { ...common, id: 12, action: 'imported', payload: {} },
  )
  // It was copied when the migration ran before.
  await database.insert('push_events', {
    event_id: 1,
    project_id: 1,
    ref: 'main',
    commit_count: 3,
    created_at: common.created_at,
  })

  const { rows } = await run(database, definition)

  if (rows.scanned !== 5 || rows.changed !== 3) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect('SELECT event_id, ref, commit_count FROM push_events', [
    { event_id: '1', ref: 'main', commit_count: 3 },
  ])
  await database.expect('SELECT event_id, note FROM comment_events', [{ event_id: '5', note: 'Well done' }])
  await database.expect('SELECT event_id, has_joined FROM membership_events ORDER BY 1', [
    { event_id: '6', has_joined: true },
    { event_id: '9', has_joined: false },
  ])
})
