import { expect, test } from 'vitest'
import { copyRows, createTableLike, defineSteppedMigration, runSql, sql } from '../../../src/catalogue/api.ts'
import { operated } from '../../support/performed-operations.ts'
import { FIRST } from '../../support/stepped.ts'

const like = createTableLike('fresh', { like: 'old', nullable: true })
const copyOf = (...columns: readonly string[]) =>
  copyRows({ from: 'old', to: 'fresh', columns: [...columns], onConflict: { columns: ['k'] } })

test('a copy of many rows that fails says why, and is made anew once its text was corrected', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, v text, w text);
     INSERT INTO old (k, v, w) SELECT i, 'v', 'w' FROM generate_series(1, 1200) AS i`,
    ...[like, copyOf('k', 'v')],
  )
  // Stands for whatever a copy meets: made like the old one, then narrowed by somebody.
  await bundle.query(`CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL, CHECK (v <> 'v'))`)

  expect(await bundle.run()).toMatchObject({
    reason: 'tried',
    message: expect.stringMatching(/its batched migration 1 failed: check_violation \(23514\): new row/) as unknown,
  })

  await bundle.query('ALTER TABLE public.fresh DROP CONSTRAINT fresh_v_check')
  bundle.files.splice(
    0,
    1,
    defineSteppedMigration({ version: FIRST, operations: [like, copyOf('k', 'w'), runSql('look', sql`SELECT 1`)] }),
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(
    await bundle.query('SELECT count(*)::int AS rows, count(v)::int AS v, count(w)::int AS w FROM public.fresh'),
  ).toEqual([{ rows: 1200, v: 0, w: 1200 }])
})
