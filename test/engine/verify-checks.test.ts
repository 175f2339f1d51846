import { expect, it } from 'vitest'
import { check, sql, z } from '../../src/catalogue/api.ts'
import type { Check } from '../../src/catalogue/definition.ts'
import { finished } from '../support/performed.ts'

it.each([
  ['count', check.count('c', sql`SELECT count(*) FROM items WHERE hits = 1`, 12), true, '12', '12'],
  ['count', check.count('c', sql`SELECT count(*) FROM items WHERE hits = 0`, 12n), false, '12', '0'],
  [
    'count',
    check.count('c', sql`SELECT 9007199254740993::bigint`, '9007199254740992'),
    false,
    '9007199254740992',
    '9007199254740993',
  ],
  [
    'count',
    check.count('c', sql`SELECT 9007199254740993::numeric`, 9007199254740993n),
    true,
    '9007199254740993',
    '9007199254740993',
  ],
  ['count', check.count('c', sql`SELECT sum(0.1) FROM generate_series(1, 3)`, '0.30'), true, '0.3', '0.3'],
  ['count', check.count('c', sql`SELECT -0.0`, 0), true, '0', '0.0'],
  ['count', check.count('c', sql`SELECT 1.5`, 1.5), true, '1.5', '1.5'],
  ['count', check.count('c', sql`SELECT sum(hits) FROM items WHERE false`, 0), false, '0', 'NULL'],
  ['none', check.none('c', sql`SELECT id FROM items WHERE hits <> 1`), true, 'no row', '0 rows'],
  ['none', check.none('c', sql`SELECT id FROM items WHERE id = 3`), false, 'no row', '1 row'],
  ['none', check.none('c', sql`SELECT generate_series(1, 21) AS n`), false, 'no row', 'more than 20 rows'],
  ['equal', check.equal('c', sql`SELECT sum(hits) FROM items`, sql`SELECT count(*) FROM items`), true, '12', '12'],
  ['equal', check.equal('c', sql`SELECT 1.10`, sql`SELECT '1.1'`), true, '1.1', '1.10'],
  ['equal', check.equal('c', sql`SELECT 'a'`, sql`SELECT 'A'`), false, 'A', 'a'],
  ['equal', check.equal('c', sql`SELECT NULL`, sql`SELECT ''`), false, '', 'NULL'],
  ['equal', check.equal('c', sql`SELECT NULL`, sql`SELECT NULL`), true, 'NULL', 'NULL'],
  [
    'equal',
    check.equal('c', sql`SELECT '{"a":1,"b":2}'::jsonb`, sql`SELECT '{"b":2,"a":1}'::jsonb`),
    true,
    '{"a":1,"b":2}',
    '{"a":1,"b":2}',
  ],
  [
    'rows',
    check.rows('c', { sql: sql`SELECT id, hits FROM items`, expect: ({ hits }) => hits === 1 || 'missed' }),
    true,
    'each sampled row as expected',
    '12 rows of 12 sampled keys as expected',
  ],
  [
    'rows',
    check.rows('c', { sql: sql`SELECT id FROM items`, expect: ({ id }) => id !== '6' || 'six' }),
    false,
    'each sampled row as expected',
    '1 of 12 rows not as expected',
  ],
  [
    'a count of wrong SQL',
    check.count('c', sql`SELECT nowhere FROM items`, 0),
    false,
    'the query to run',
    'undefined_column (42703): column "nowhere" does not exist',
  ],
  [
    'a count of several rows',
    check.count('c', sql`SELECT id FROM items`, 0),
    false,
    'the query to run',
    'Error: the query answered 12 rows; expected one',
  ],
  [
    'a count of text',
    check.count('c', sql`SELECT 'many'`, 0),
    false,
    'the query to run',
    'TypeError: "many" is not a number',
  ],
  [
    'a count by an inexact number',
    check.count('c', sql`SELECT 1`, () => 2 ** 53),
    false,
    'the query to run',
    'TypeError: 9007199254740992 cannot be compared exactly; give a bigint or a decimal string',
  ],
  [
    'rows without the batch column',
    check.rows('c', { sql: sql`SELECT hits FROM items`, expect: () => true }),
    false,
    'the query to run',
    'undefined_column (42703): column checked.id does not exist',
  ],
  [
    'an expectation that throws',
    check.rows('c', {
      sql: sql`SELECT id FROM items`,
      expect: () => {
        throw new RangeError('boom')
      },
    }),
    false,
    'the query to run',
    'RangeError: boom',
  ],
  [
    'a query that writes',
    check.none('c', sql`DELETE FROM items RETURNING id`),
    false,
    'the query to run',
    'syntax_error (42601): syntax error at or near "FROM"',
  ],
] as readonly [string, Check, boolean, string, string][])('%s, case %#', async (_kind, own, holds, expected, found) => {
  const { engine, migrationId } = await finished({ verify: [own] })
  const verification = await engine.verify(migrationId)
  expect(verification).toMatchObject({ holds, proven: holds ? 'checks' : 'nothing' })
  const [shown = ''] = (verification.checks[2]?.found ?? '').split('\n')
  expect(verification.checks[2]).toMatchObject({ name: 'c', kind: own.kind, holds, expected, waivedBecause: null })
  expect(shown).toBe(found)
})

it('show the rows that should not be there, at most 20 of them', async () => {
  const { engine, migrationId } = await finished({
    verify: [
      check.none('many', sql`SELECT n AS id, n::numeric / 8 AS eighth FROM generate_series(1, 30) AS n`),
      check.rows('sampled', {
        sql: sql`SELECT id, hits FROM items`,
        expect: ({ id }) => Number(id) < 30 || 'too high',
      }),
    ],
  })
  const [, , many, sampled] = (await engine.verify(migrationId)).checks
  expect(many?.rows).toHaveLength(20)
  expect(many?.rows[0]).toEqual({ id: 1, eighth: '0.12500000000000000000' })
  expect(sampled?.rows.map(({ id, wrong }) => `${String(id)} ${String(wrong)}`).sort()).toEqual([
    '30 too high',
    '33 too high',
    '36 too high',
  ])
})

it('may expect what the exceptions, the quarantine and the arguments say', async () => {
  const { engine, migrationId, query } = await finished(
    {
      arguments: { total: z.number() },
      exceptions: [
        {
          name: 'odd',
          why: 'odd ids have no parent',
          count: sql`SELECT count(*) FROM items WHERE id % 2 = 1`,
          rows: sql`SELECT id::int FROM items WHERE id % 2 = 1 ORDER BY id`,
        },
        { name: '__proto__', why: 'a name like any other', count: sql`SELECT 0` },
      ],
      verify: [
        check.count(
          'c',
          sql`SELECT 12`,
          ({ exceptions, quarantined, args }) =>
            BigInt(args.total as number) - BigInt((exceptions.odd ?? 0) + quarantined),
        ),
      ],
    },
    [19],
  )
  await query(
    `INSERT INTO tranche.quarantine (migration_id, job_id, row_key, error_class, error_message) VALUES ($1, 1, '{3}', 'E', 'm')`,
    [migrationId],
  )
  expect(await engine.verify(migrationId)).toMatchObject({
    holds: true,
    checks: [{}, {}, { expected: '12', found: '12' }],
    exceptions: [
      { name: 'odd', why: 'odd ids have no parent', count: 6, rows: [3, 9, 15, 21, 27, 33].map((id) => ({ id })) },
      { name: '__proto__', count: 0, rows: [] },
    ],
  })
})

it.each([
  ['wrong SQL', sql`SELECT nowhere`, 'column "nowhere" does not exist'],
  ['a negative count', sql`SELECT -1`, 'expected a whole number below 2^53'],
  ['too large a count', sql`SELECT 9007199254740992`, 'expected a whole number below 2^53'],
])('cannot be judged where an exception is %s', async (_what, count, says) => {
  const { engine, migrationId } = await finished({ exceptions: [{ name: 'x', why: 'y', count }] })
  await expect(engine.verify(migrationId)).rejects.toMatchObject({
    code: 'check_failed',
    message: expect.stringContaining(says) as string,
  })
})

it('are stopped by a signal between two of them, and nothing is kept', async () => {
  const stopping = new AbortController()
  const bundle = await finished({
    verify: [check.none('a', sql`SELECT 1 WHERE false`), check.none('b', sql`SELECT 1 WHERE false`)],
  })
  bundle.engine.on('check:finished', ({ name }) => {
    if (name === 'a') stopping.abort()
  })
  await expect(bundle.engine.verify(bundle.migrationId, { signal: stopping.signal })).rejects.toMatchObject({
    code: 'stopped',
  })
  expect(await bundle.query('SELECT * FROM tranche.verifications')).toEqual([])
})

it('shows some of a sample that holds, spread over it, with what fits into a line', async () => {
  const looked = check.rows('c', {
    sql: sql`SELECT id, hits AS got, 1 AS expected, jsonb_build_object('a', 1) AS document FROM items ORDER BY id`,
    expect: ({ got, expected }) => got === expected || 'missed',
  })
  const { engine, migrationId } = await finished({ verify: [looked] })
  const { checks } = await engine.verify(migrationId)
  expect(checks.at(-1)?.rows).toEqual(['3', '12', '21', '27', '36'].map((id) => ({ id, got: 1, expected: 1 })))
})
