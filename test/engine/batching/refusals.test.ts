import { expect, it } from 'vitest'
import { sourceOf } from '../../support/engine-ports.ts'
import { setup } from '../../support/engine-setup.ts'
import { hitByKey } from '../../support/keyed-table.ts'

const SCHEMA = `
  CREATE TABLE uuids (id uuid PRIMARY KEY, hits int);
  CREATE TABLE pairs (a bigint, b bigint, hits int, PRIMARY KEY (a, b));
  CREATE TABLE mixed (a bigint NOT NULL, b bigint NOT NULL, hits int); CREATE UNIQUE INDEX ON mixed (a, b DESC);
  CREATE TABLE nulled (a bigint NOT NULL, hits int); CREATE UNIQUE INDEX ON nulled (a NULLS FIRST);
  CREATE TABLE collated (name text COLLATE "C" NOT NULL, hits int); CREATE UNIQUE INDEX ON collated (name COLLATE "POSIX");
  CREATE TABLE patterned (name text NOT NULL, hits int); CREATE UNIQUE INDEX ON patterned (name text_pattern_ops);
  CREATE TABLE points (at point NOT NULL, hits int)`

const REFUSED = [
  {
    what: 'columns in another order than their index has',
    table: 'pairs',
    column: ['b', 'a'],
    code: 'column_not_unique',
    says: 'on (a, b)',
  },
  { what: 'a part of a unique key', table: 'pairs', column: 'a', code: 'column_not_unique' },
  {
    what: 'a unique index in mixed order',
    table: 'mixed',
    column: ['a', 'b'],
    code: 'column_not_unique',
    says: 'mixed ASC and DESC',
  },
  {
    what: 'a unique index with NULLs where no query looks for them',
    table: 'nulled',
    column: 'a',
    code: 'column_not_unique',
    says: 'NULLS in an unusual place',
  },
  {
    what: 'a unique index with another collation',
    table: 'collated',
    column: 'name',
    code: 'column_not_unique',
    says: 'another collation',
  },
  {
    what: 'a unique index with an operator class of its own',
    table: 'patterned',
    column: 'name',
    code: 'column_not_unique',
    says: 'operator class',
  },
  {
    what: 'a type without an order, by force',
    table: 'points',
    column: 'at',
    request: { force: true },
    code: 'column_unsupported',
    says: 'has no order',
  },
  {
    what: 'a bound with too few values',
    table: 'pairs',
    column: ['a', 'b'],
    request: { min: '[1]' },
    code: 'invalid_setting',
    says: 'JSON array',
  },
  {
    what: 'a bound that is no value of its column',
    table: 'uuids',
    column: 'id',
    request: { max: 'x' },
    code: 'invalid_setting',
    says: 'expected uuid',
  },
  {
    what: 'a bound that is no list',
    table: 'pairs',
    column: ['a', 'b'],
    request: { min: '[1, {}]' },
    code: 'invalid_setting',
    says: 'a JSON array',
  },
  {
    what: 'cursors the wrong way round',
    table: 'pairs',
    column: ['a', 'b'],
    request: { min: '[10, 2]', max: '[9, 30]' },
    code: 'invalid_setting',
    says: 'min (10, 2) lies above max (9, 30)',
  },
]

it('refuses keys that no index serves in their order, and bounds that are none', async () => {
  const { another, query } = await setup({ schema: SCHEMA })
  for (const { what, table, column, request = {}, code, says = '' } of REFUSED) {
    const engine = another({ definitions: sourceOf([hitByKey({ table, column })]) })
    const refusal = await engine.queue({ jobClassName: 'HitByKey', ...request }).catch((error: unknown) => error)
    expect(refusal, what).toMatchObject({ code, message: expect.stringContaining(says) as string })
  }
  expect(await query('SELECT count(*)::int FROM tranche.batched_background_migrations')).toEqual([{ count: 0 }])
})
