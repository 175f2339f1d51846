import { describe, expect, it } from 'vitest'
import { check, defineBatchedMigration, sql, type Sql, unresolved, z } from 'tranche'
import { isDefinition } from '../../src/catalogue/mark-definition.ts'
import { isUnresolved } from '../../src/catalogue/row-outcome.ts'
import { toAppError } from '../../src/shared/errors.ts'
import { compileSql } from '../../src/shared/sql.ts'

const perform = (): Sql => sql`SELECT 1`
const required = { jobClassName: 'A', description: 'For a test.', table: 'routes', column: 'id', perform }

/** What is said of a definition with these fields, which the compiler may refuse too. */
function complaint(fields: Readonly<Record<string, unknown>>): string {
  try {
    Reflect.apply(defineBatchedMigration, undefined, [{ ...required, ...fields }])
  } catch (thrown) {
    const { code, message, remedy } = toAppError(thrown)
    expect({ code, remedy }).toEqual({
      code: 'definition_invalid',
      remedy: 'Correct the definition as the message says, then open the catalogue again.',
    })
    return message
  }
  return 'accepted'
}

describe('defineBatchedMigration', () => {
  it('fills in the defaults', () => {
    const definition = defineBatchedMigration(required)

    expect(definition).toEqual({
      kind: 'batched',
      jobClassName: 'A',
      description: 'For a test.',
      featureCategory: null,
      milestone: null,
      introducedByUrl: null,
      queuedMigrationVersion: null,
      database: 'main',
      table: 'routes',
      columns: ['id'],
      strategy: null,
      batchSize: 1000,
      subBatchSize: 100,
      maxBatchSize: null,
      intervalSeconds: 120,
      operation: 'perform',
      pauseMs: 100,
      errorBudget: null,
      arguments: {},
      scope: null,
      perform,
      before: [],
      verify: [],
      exceptions: [],
      samples: { columns: null },
      finalizeAfter: [],
    })
    expect(Object.isFrozen(definition)).toBe(true)
  })

  it('makes a function of a constant scope and keeps one that depends on the arguments', () => {
    const constant = defineBatchedMigration({ ...required, scope: sql`a > ${1}` })
    const dependent = defineBatchedMigration({
      ...required,
      arguments: { from: z.string() },
      scope: ({ args }) => sql`a = ${args.from}`,
    })

    const texts = [constant, dependent].map(({ scope }) => scope && compileSql(scope({ args: { from: 'x' } })))
    expect(texts).toEqual([
      { text: 'a > $1', values: [1] },
      { text: 'a = $1', values: ['x'] },
    ])
  })

  it('marks what it returns, but not a copy of it', () => {
    const definition = defineBatchedMigration(required)

    expect([definition, { ...definition }, required, null].map(isDefinition)).toEqual([true, false, false, false])
  })

  it.each<[string, Record<string, unknown>]>([
    [
      'every field left undefined',
      { milestone: undefined, errorBudget: undefined, maxBatchSize: undefined, scope: undefined, finalize: undefined },
    ],
    ['a name with modules', { jobClassName: 'Some::Module::Name_2' }],
    ['the longest name', { jobClassName: 'a'.repeat(100) }],
    ['an interval of zero and of the most', { intervalSeconds: 0, pauseMs: 0 }],
    ['the longest interval', { intervalSeconds: 32_767 }],
    ['sizes that are alike', { batchSize: 5, subBatchSize: 5, maxBatchSize: 5 }],
    ['an error budget of rows', { errorBudget: { rows: 0 } }],
    ['an error budget of a share', { errorBudget: { share: 1 } }],
    ['several columns', { column: ['a', 'b'], strategy: 'keyset' }],
    ['a table with blanks', { table: 'my schema.My Table' }],
    ['trailing optional arguments', { arguments: { a: z.string(), b: z.string().optional(), c: z.int().default(1) } }],
    ['samples off', { samples: false }],
    ['an empty finalize', { finalize: {} }],
    ['loose_index_scan', { strategy: 'loose_index_scan' }],
    ['an expectation as text', { verify: [check.count('c', sql`SELECT 1`, '12345678901234567890')] }],
    ['an asynchronous schema', { arguments: { a: z.string().refine(async () => true) } }],
  ])('accepts %s', (_, fields) => {
    expect(complaint(fields)).toBe('accepted')
  })

  it.each<[Record<string, unknown>, string]>([
    [
      { jobClassName: 'With Blank' },
      'With Blank: jobClassName is "With Blank"; expected letters, digits, _ and ::, at most 100, with at least one letter',
    ],
    [{ jobClassName: 'a'.repeat(101) }, 'at most 100'],
    [{ jobClassName: 'A:B' }, 'jobClassName is "A:B"'],
    [{ jobClassName: '::A' }, 'jobClassName is "::A"'],
    [{ jobClassName: '123' }, 'with at least one letter'],
    [{ jobClassName: 'Straße' }, 'jobClassName is "Straße"'],
    [{ jobClassName: undefined }, 'jobClassName is missing; expected'],
    [{ description: ' ' }, 'A: description is " "; expected text'],
    [{ milestone: 18.1 }, "milestone is 18.1; expected a release as text, such as '18.1'"],
    [{ introducedByUrl: 'javascript:alert(1)' }, 'introducedByUrl is "javascript:alert(1)"; expected an address'],
    [{ queuedMigrationVersion: '2026' }, 'queuedMigrationVersion is "2026"; expected 14 digits as text'],
    [
      { queuedMigrationVersion: 20260101000000 },
      'queuedMigrationVersion is 20260101000000; expected 14 digits as text',
    ],
    [{ database: '' }, 'database is ""; expected a name'],
    [{ table: 'a.b.c' }, "table is \"a.b.c\"; expected 'table' or 'schema.table'"],
    [{ table: 'public.' }, 'table is "public."'],
    [{ table: '"Quoted"' }, 'without quotes'],
    [{ table: 'x'.repeat(64) }, 'table is'],
    [{ column: [] }, 'column is []; expected a column name, or an array'],
    [{ column: ['a', 'a'] }, 'different ones'],
    [{ column: ['a', 1] }, 'column is ["a",1]'],
    [{ column: 'a,b' }, 'without quotes and commas'],
    [{ strategy: 'fast' }, 'strategy is "fast"; expected primary_key, keyset or loose_index_scan'],
    [
      { strategy: 'primary_key', column: ['a', 'b'] },
      'strategy is "primary_key"; expected \'keyset\' for several batch columns',
    ],
    [{ strategy: 'loose_index_scan', column: ['a', 'b'] }, 'several batch columns'],
    [{ strategy: 'loose_index_scan', scope: sql`a` }, 'scope is an SQL fragment; expected none under loose_index_scan'],
    [{ batchSize: 0 }, 'batchSize is 0; expected a whole number of at least 1'],
    [{ batchSize: 1.5 }, 'batchSize is 1.5'],
    [{ batchSize: '10' }, 'batchSize is "10"'],
    [{ batchSize: Number.NaN }, 'batchSize is NaN'],
    [{ batchSize: 10n }, 'batchSize is 10'],
    [{ batchSize: 99 }, 'batchSize is 99; expected at least the sub-batch size, 100'],
    [{ subBatchSize: -1 }, 'subBatchSize is -1'],
    [{ maxBatchSize: 999 }, 'maxBatchSize is 999; expected at least the batch size, 1000, or null for no limit'],
    [{ intervalSeconds: 32_768 }, 'intervalSeconds is 32768; expected a whole number of seconds from 0 to 32767'],
    [{ intervalSeconds: -1 }, 'intervalSeconds is -1'],
    [{ pauseMs: -1 }, 'pauseMs is -1; expected a whole number of milliseconds of at least 0'],
    [{ errorBudget: 10 }, 'errorBudget is 10; expected { rows: 10 }'],
    [{ errorBudget: { rows: -1 } }, 'errorBudget is {"rows":-1}'],
    [{ errorBudget: { share: 0 } }, 'errorBudget is {"share":0}'],
    [{ errorBudget: { share: 1.1 } }, 'errorBudget is {"share":1.1}'],
    [{ errorBudget: { rows: 1, share: 0.1 } }, 'errorBudget is {"rows":1,"share":0.1}'],
    [{ arguments: [z.string()] }, 'arguments is'],
    [{ arguments: { from: 'string' } }, 'arguments is {"from":"string"}; expected an object from argument names'],
    [{ arguments: { 1: z.string() } }, 'arguments is'],
    [
      { arguments: { a: z.string().optional(), b: z.string() } },
      'arguments.b is required but stands behind the optional a; only trailing arguments may be omitted',
    ],
    [{ scope: 'a = 1' }, 'scope is "a = 1"; expected an SQL fragment, written sql`…`'],
    [{ scope: sql` ` }, 'scope is an SQL fragment'],
    [{ perform: sql`SELECT 1` }, 'perform is an SQL fragment; expected a function that returns sql`…`'],
    [{ perform: undefined }, 'perform is missing'],
    [{ perform: { kind: 'each_row', select: perform } }, 'perform is {"kind":"each_row"}'],
    [{ before: check.none('a', sql`SELECT 1`) }, 'before is'],
    [{ verify: ['SELECT 1'] }, 'verify[0] is "SELECT 1"; expected what check.count'],
    [{ verify: [Reflect.apply(check.none, undefined, ['a', 'SELECT 1'])] }, 'verify[0] is'],
    [{ verify: [Reflect.apply(check.count, undefined, ['a', sql`SELECT 1`, 'many'])] }, 'verify[0] is'],
    [{ verify: [check.count('a', sql`SELECT 1`, 2 ** 53)] }, 'verify[0] is'],
    [{ verify: [Reflect.apply(check.rows, undefined, ['a', { sql: sql`SELECT 1` }])] }, 'verify[0] is'],
    [{ verify: [check.none('', sql`SELECT 1`)] }, 'verify[0] is'],
    [
      { verify: [check.none('a', sql`SELECT 1`), check.none('a', sql`SELECT 2`)] },
      'verify[1].name is "a"; expected a name of its own',
    ],
    [{ before: [check.none('a', sql`SELECT 1`), check.none('a', sql`SELECT 2`)] }, 'before[1].name is "a"'],
    [
      {
        exceptions: [
          { name: 'a', why: 'b', count: sql`SELECT 1` },
          { name: 'a', why: 'c', count: sql`SELECT 1` },
        ],
      },
      'exceptions[1].name is "a"; expected a name of its own',
    ],
    [{ exceptions: [{ name: 'a', count: sql`SELECT 1` }] }, 'exceptions[0].why is missing; expected text'],
    [{ exceptions: [{ name: 'a', why: 'b', count: 3 }] }, 'exceptions[0].count is 3; expected an SQL fragment'],
    [
      { exceptions: [{ name: 'a', why: 'b', count: sql`SELECT 1`, row: sql`SELECT 1` }] },
      'exceptions[0].row is not a known field',
    ],
    [{ samples: true }, "samples is true; expected { columns: ['id', …] } with at least one column, or false"],
    [{ samples: { columns: [] } }, 'samples is {"columns":[]}'],
    [{ finalize: { after: 'ANALYZE' } }, 'finalize.after is "ANALYZE"; expected an array'],
    [{ finalize: { after: ['ANALYZE'] } }, 'finalize.after[0] is "ANALYZE"; expected an SQL fragment'],
    [{ finalize: { before: [] } }, 'finalize.before is not a known field'],
    [{ batch_size: 10 }, 'A: batch_size is not a known field'],
  ])('refuses what is not as expected: %#', (fields, message) => {
    expect(complaint(fields)).toContain(message)
  })

  it('names everything that is wrong at once', () => {
    expect(complaint({ batchSize: 0, pauseMs: -1, tabel: 'x' }).split('\n')).toHaveLength(3)
  })

  it('says what was expected of something that is no object at all', () => {
    expect(() => void Reflect.apply(defineBatchedMigration, undefined, [])).toThrow(
      'the definition is missing; expected an object with the fields of a batched migration',
    )
  })
})

describe('unresolved', () => {
  it('is told from every other value', () => {
    expect([unresolved('no project'), null, undefined, { reason: 'x' }, 'x'].map(isUnresolved)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ])
    expect(unresolved('no project').reason).toBe('no project')
  })

  it('wants a reason', () => {
    expect(() => unresolved('')).toThrow('say why')
  })
})
