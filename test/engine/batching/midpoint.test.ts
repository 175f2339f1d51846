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
