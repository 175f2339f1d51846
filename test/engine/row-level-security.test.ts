/** Rows that a policy hides are neither filled nor missed: a run over the others must not look complete. */
import { expect, it } from 'vitest'
import { check, sql } from '../../src/catalogue/api.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { engineAsRole } from '../support/engine-as-role.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitsTable } from '../support/hits.ts'
import { define, failureOf, HIT } from '../support/performed.ts'

const HIDE = 'ALTER TABLE items ENABLE ROW LEVEL SECURITY'

async function policed(): Promise<Bundle & { readonly tenant: Engine; readonly role: string }> {
  const definition = define(({ subBatch }) => HIT(subBatch), {
    verify: [check.none('every item is hit', sql`SELECT id FROM items WHERE hits = 0`)],
  })
  const bundle = await setup({
    schema: `${hitsTable(20)}; CREATE POLICY own ON items USING (id % 2 = 0)`,
    definitions: [definition],
  })
  const { engine, role } = await engineAsRole(bundle.database, {
    ports: { definitions: sourceOf([definition]) },
    grants: (name) => [
      `GRANT USAGE ON SCHEMA tranche TO ${name}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tranche TO ${name}`,
      `GRANT USAGE ON ALL SEQUENCES IN SCHEMA tranche TO ${name}`,
      `GRANT SELECT, UPDATE ON items TO ${name}`,
    ],
  })
  return { ...bundle, tenant: engine, role }
}

it('queueing is refused to a role from which a policy hides rows, and open to the table’s owner', async () => {
  const { engine, tenant, role, query } = await policed()
  await query(HIDE)

  await expect(tenant.queue({ jobClassName: 'Performed' })).rejects.toMatchObject({
    code: 'privilege_missing',
    message: expect.stringContaining('row-level security hides rows of "public.items"') as string,
    remedy: expect.stringContaining(`ALTER ROLE ${role} BYPASSRLS`) as string,
  })
  expect(await query('SELECT count(*)::int FROM tranche.batched_background_migrations')).toEqual([{ count: 0 }])
  expect(await engine.queue({ jobClassName: 'Performed' })).toMatchObject({ duplicate: false })
})

it('where rows were hidden later, planning and checks say so instead of passing over them', async () => {
  const { tenant, engine, query } = await policed()
  const { migration } = await tenant.queue({ jobClassName: 'Performed' })
  await tenant.run(migration.id, { maxJobs: 1 })
  await query(HIDE)

  await expect(tenant.run(migration.id)).rejects.toMatchObject({
    code: 'privilege_missing',
    message: expect.stringContaining('row-level security') as string,
  })
  const { holds, checks } = await tenant.verify(migration.id)
  expect({ holds, found: checks.at(-1)?.found }).toEqual({
    holds: false,
    found: expect.stringContaining('row-level security') as string,
  })
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', rows: { changed: 16 } })
})

it('a sub-batch whose rows are hidden fails, and says why', async () => {
  const { tenant, query } = await policed()
  const { migration } = await tenant.queue({ jobClassName: 'Performed', pauseMs: 5, batchSize: 20, subBatchSize: 5 })
  let isHidden: Promise<unknown> | null = null
  tenant.on('sub_batch:committed', () => {
    isHidden ??= query(HIDE)
  })

  // The claim of its second attempt plans what is left of the job.
  await expect(tenant.run(migration.id)).rejects.toMatchObject({ code: 'privilege_missing' })
  expect(await failureOf(tenant, migration.id)).toContain('row-level security')
  expect(await query('SELECT status, attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { status: 2, attempts: 1 },
  ])
})
