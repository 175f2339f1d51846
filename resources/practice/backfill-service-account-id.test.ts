import { practice, type PracticeDatabase, run, test } from 'tranche/testing'
import definition from './backfill-service-account-id.ts'

const files = ['_data/10-namespaces/schema.sql', '_data/20-duo-workflows/schema.sql']

/** A root group 1 with the subgroup 2 and the project 1; the items 1 (with a version) and 2 (a foundational flow). */
async function workflows(): Promise<PracticeDatabase> {
  const database = await practice({ files })
  await database.query(`
    INSERT INTO organizations (id, name) VALUES (1, 'o');
    INSERT INTO users (id, username, user_type) VALUES (1, 'ada', 0), (11, 'sa-1', 13), (12, 'sa-2', 13), (13, 'sa-late', 13);
    INSERT INTO namespaces (id, type, name, path, traversal_ids)
    VALUES (1, 'Group', 'root', 'root', '{1}'), (2, 'Group', 'sub', 'sub', '{1,2}'), (3, 'Project', 'p', 'p', '{1,2,3}'),
           (4, 'Group', 'other', 'other', '{4}');
    INSERT INTO projects (id, namespace_id, project_namespace_id, name, path) VALUES (1, 2, 3, 'p', 'p');
    INSERT INTO ai_catalog_items (id, organization_id, name, foundational_flow_reference)
    VALUES (1, 1, 'custom', NULL), (2, 1, 'flow', 'fix_pipeline');
    INSERT INTO ai_catalog_item_versions (id, ai_catalog_item_id, version) VALUES (1, 1, '1.0.0');
    INSERT INTO ai_catalog_item_consumers (id, ai_catalog_item_id, group_id, service_account_id)
    VALUES (1, 1, 1, 11), (2, 2, 1, 12), (3, 1, 1, 13)`)
  return database
}

/** Its before-image is taken, as an operator does before a verification run. */
async function imageBefore({ query }: PracticeDatabase): Promise<void> {
  await query(`
    INSERT INTO duo_workflows_workflows_before (id, service_account_id, fingerprint)
    SELECT w.id, w.service_account_id, hash_record_extended(
             ROW(w.user_id, w.project_id, w.namespace_id, w.ai_catalog_item_version_id, w.workflow_definition, w.goal,
                 w.status, w.created_at, w.updated_at), 0)
      FROM duo_workflows_workflows AS w`)
}

test('gives each workflow the account of its root group, and leaves alone what it cannot resolve', async () => {
  const database = await workflows()
  await database.insert(
    'duo_workflows_workflows',
    { id: 1, user_id: 1, project_id: 1, ai_catalog_item_version_id: 1 },
    { id: 2, user_id: 1, namespace_id: 2, workflow_definition: 'fix_pipeline' },
    { id: 3, user_id: 1, namespace_id: 1, ai_catalog_item_version_id: 1, service_account_id: 12 },
    { id: 4, user_id: 1, namespace_id: 2, workflow_definition: 'unheard_of' },
    { id: 5, user_id: 1, namespace_id: 4, ai_catalog_item_version_id: 1 },
    { id: 6, user_id: 1, namespace_id: 4, workflow_definition: 'fix_pipeline' },
  )
  await imageBefore(database)

  const { exceptions, rows } = await run(database, definition)

  if (rows.scanned !== 6 || rows.changed !== 2) throw new Error(`scanned ${rows.scanned}, changed ${rows.changed}`)
  await database.expect('SELECT id, service_account_id FROM duo_workflows_workflows ORDER BY id', [
    { id: '1', service_account_id: '11' },
    { id: '2', service_account_id: '12' },
    { id: '3', service_account_id: '12' },
    { id: '4', service_account_id: null },
    { id: '5', service_account_id: null },
    { id: '6', service_account_id: null },
  ])
  const counts = exceptions.map(({ name, count }) => `${name}: ${count}`)
  // Row 3 has another account than its group's, which is kept.
  for (const count of ['no catalog item: 1', 'had another account before: 1'])
    if (!counts.includes(count)) throw new Error(counts.join('; '))
})

test('proves itself where every account is the expected one', async () => {
  const database = await workflows()
  for (let id = 1; id <= 20; id += 1)
    await database.insert('duo_workflows_workflows', {
      id: id * 7,
      user_id: 1,
      project_id: 1,
      ai_catalog_item_version_id: 1,
    })
  await imageBefore(database)
  const { checks } = await run(database, definition)
  if (!checks.every(({ holds }) => holds)) throw new Error('a check does not hold')
})
