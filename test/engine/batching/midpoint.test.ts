import { expect, it } from 'vitest'
import { sql } from '../../../src/catalogue/api.ts'
import { findBatchTable } from '../../../src/engine/batching/batch-table.ts'
import type { KeyRange } from '../../../src/engine/batching/key-range.ts'
import { getStrategy } from '../../../src/engine/batching/strategies.ts'
import type { Midpoint } from '../../../src/engine/batching/strategy.ts'
import { inTransaction } from '../../../src/engine/context.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { sourceOf } from '../../support/engine-ports.ts'
import { openTestTarget, setup } from '../../support/engine-setup.ts'
import { contextOf } from '../../support/internals.ts'

interface Asked {
  readonly schema: string
  readonly strategy: string
  readonly columns: readonly string[]
  readonly scope?: Sql
  readonly range: KeyRange
  readonly size: number
}

async function midpoint({ schema, strategy, columns, scope, range, size }: Asked): Promise<Midpoint> {
  const { database } = await setup({ schema, isInstalled: false })
  const target = openTestTarget(database)
  try {
    return await inTransaction(
      contextOf({ target, definitions: sourceOf([]) }),
      async (transaction) => {
        const table = await findBatchTable(transaction, 'public.items', columns)
        return getStrategy(strategy).midpoint(transaction, { table, scope: scope ?? null }, range, size)
      },
      { isPlanning: true },
    )
  } finally {
    await target.close()
  }
}

const GAPPY = `CREATE TABLE public.items (id bigint PRIMARY KEY, bad boolean NOT NULL DEFAULT false);
               INSERT INTO public.items SELECT 10 * n, n = 2 FROM generate_series(1, 6) AS n`

it('divides a range behind half of the keys that are present and in scope', async () => {
  const asked = { schema: GAPPY, strategy: 'primary_key', columns: ['id'], range: { from: ['10'], until: ['60'] } }
  await expect(midpoint({ ...asked, size: 3 })).resolves.toEqual({ kind: 'divided', end: ['30'], next: ['40'] })
  await expect(midpoint({ ...asked, size: 3, scope: sql`NOT bad` })).resolves.toEqual({
    kind: 'divided',
    end: ['40'],
    next: ['50'],
  })
})

it('has nothing to divide where no more keys are left than the half holds', async () => {
  const asked = { schema: GAPPY, strategy: 'primary_key', columns: ['id'] }
  await expect(midpoint({ ...asked, range: { from: ['41'], until: ['60'] }, size: 2 })).resolves.toEqual({
    kind: 'whole',
  })
  await expect(midpoint({ ...asked, range: { from: ['41'], until: ['49'] }, size: 2 })).resolves.toEqual({
    kind: 'empty',
  })
  await expect(midpoint({ ...asked, range: { after: ['60'], until: ['60'] }, size: 2 })).resolves.toEqual({
    kind: 'empty',
  })
})

it('does not divide between rows of one key', async () => {
  const schema = `CREATE TABLE public.items (id bigint NOT NULL);
                  INSERT INTO public.items VALUES (1), (1), (1), (2)`
  const asked = { schema, strategy: 'primary_key', columns: ['id'], range: { from: ['1'], until: ['2'] } }
  await expect(midpoint({ ...asked, size: 2 })).resolves.toEqual({ kind: 'divided', end: ['1'], next: ['2'] })
})

it('divides keys of several columns where the index does, not where their text does', async () => {
  const schema = `CREATE TABLE public.items (kind text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (kind, at));
                  INSERT INTO public.items
                  SELECT kind, '2026-01-01 00:00:00+00'::timestamptz + n * interval '9 hours'
                    FROM unnest(ARRAY['a', 'b']) AS kind CROSS JOIN generate_series(0, 2) AS n`
  const range = { from: ['a', '2026-01-01 00:00:00+00'], until: ['b', '2026-01-01 18:00:00+00'] }
  const asked = { schema, strategy: 'keyset', columns: ['kind', 'at'], range }
  await expect(midpoint({ ...asked, size: 4 })).resolves.toEqual({
    kind: 'divided',
    end: ['b', '2026-01-01 00:00:00+00'],
    next: ['b', '2026-01-01 09:00:00+00'],
  })
  await expect(midpoint({ ...asked, size: 6 })).resolves.toEqual({ kind: 'whole' })
})

it('divides distinct values by their number, however many rows each of them has', async () => {
  const schema = `CREATE TABLE public.items (id bigint PRIMARY KEY, project bigint);
                  CREATE INDEX ON public.items (project);
                  INSERT INTO public.items SELECT n, CASE WHEN n <= 100 THEN 1 WHEN n > 106 THEN NULL ELSE n END
                    FROM generate_series(1, 110) AS n`
  const asked = { schema, strategy: 'loose_index_scan', columns: ['project'] }
  const range = { from: ['1'], until: ['106'] }
  await expect(midpoint({ ...asked, range, size: 3 })).resolves.toEqual({
    kind: 'divided',
    end: ['102'],
    next: ['103'],
  })
  await expect(midpoint({ ...asked, range: { from: ['107'], until: ['200'] }, size: 3 })).resolves.toEqual({
    kind: 'empty',
  })
})
