import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSql, isSql, quoteIdentifier, raw, sql, type Sql, values } from '../../src/shared/sql.ts'

const parameter = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.date(),
  fc.array(fc.string()),
)

/** A fragment of nested templates, with the values in the order in which its text names them. */
const nested = fc.letrec<{ tree: { fragment: Sql; bound: unknown[] } }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    parameter.map((value) => ({ fragment: sql`a = ${value}`, bound: [value] })),
    fc.tuple(tie('tree'), parameter, tie('tree')).map(([left, value, right]) => ({
      fragment: sql`(${left.fragment}) AND b > ${value} OR ${right.fragment}`,
      bound: [...left.bound, value, ...right.bound],
    })),
    fc.array(tie('tree'), { maxLength: 3 }).map((parts) => ({
      fragment: sql`f(${sql.join(parts.map(({ fragment }) => fragment))})`,
      bound: parts.flatMap(({ bound }) => bound),
    })),
  ),
})).tree

describe('sql', () => {
  it('numbers the parameters from 1 in the order of the text, however it is nested', () => {
    fc.assert(
      fc.property(nested, ({ fragment, bound }) => {
        const { text, values: compiled } = compileSql(fragment)

        expect(compiled).toEqual(bound)
        expect([...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number))).toEqual(
          bound.map((_, index) => index + 1),
        )
      }),
    )
  })

  it('never lets a value into the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        expect(compileSql(sql`SELECT ${one}, ${sql`(${two})`}`)).toEqual({
          text: 'SELECT $1, ($2)',
          values: [one, two],
        })
      }),
    )
  })

  it('compiles the same fragment twice to the same', () => {
    fc.assert(
      fc.property(nested, ({ fragment }) => {
        expect(compileSql(fragment)).toEqual(compileSql(fragment))
      }),
    )
  })

  it('binds null, false, zero and an empty text', () => {
    expect(compileSql(sql`${null} ${false} ${0} ${''}`).values).toEqual([null, false, 0, ''])
  })

  it.each([
    ['undefined', undefined, 'use null for NULL'],
    ['a function', () => sql``, 'a function was interpolated'],
    ['a promise', Promise.resolve(1), 'a promise was interpolated'],
    ['a symbol', Symbol('x'), 'a symbol was interpolated'],
  ])('refuses %s as a value', (_, value, message) => {
    expect(() => sql`SELECT ${value}`).toThrow(message)
  })

  it('refuses to be called with text', () => {
    for (const text of ['SELECT 1', ['SELECT 1']]) {
      expect(() => void Reflect.apply(sql, undefined, [text])).toThrow('sql is a template tag')
    }
  })

  it('refuses an escape that loses its backslash, and takes the others', () => {
    expect(() => sql`a ~ '^\d+$'`).toThrow('sql: \\d in a template loses its backslash; write \\\\d')
    expect(() => sql`a ~ '\bword'`).toThrow('\\b in a template')
    expect(compileSql(sql`a ~ '^\\d+\\b' -- \`\${x}\n\t`).text).toBe("a ~ '^\\d+\\b' -- `${x}\n\t")
  })

  it('knows its own fragments only', () => {
    expect([sql`a`, raw('a'), { chunks: [] }, null, 'a'].map(isSql)).toEqual([true, true, false, false, false])
  })

  it('says so when a statement has more parameters than the protocol counts', () => {
    const list = (length: number): Sql => sql.join(Array.from({ length }, (_, index) => sql`${index}`))

    expect(compileSql(list(65_535)).values).toHaveLength(65_535)
    expect(() => compileSql(list(65_536))).toThrow('at most 65,535 parameters, got 65536')
  })

  it('nests lists of any length', () => {
    const long = sql.join(Array.from({ length: 200_000 }, () => sql`1`))

    expect(compileSql(sql`IN (${long})`).text).toHaveLength(200_000 * 3 - 2 + 5)
  })
})

describe('sql.ident', () => {
  it('quotes every name so that PostgreSQL reads back the same one', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (names) => {
        const { text, values: bound } = compileSql(sql.ident(...names))
        const read = [...text.matchAll(/"((?:[^"]|"")*)"(?:\.|$)/gy)].map(([, quoted = '']) =>
          quoted.replaceAll('""', '"'),
        )

        expect(read).toEqual(names)
        expect(bound).toEqual([])
      }),
    )
  })

  it('quotes quotes, dots and upper case', () => {
    expect(compileSql(sql`SELECT ${sql.ident('we"ird', 'T.a')}`).text).toBe('SELECT "we""ird"."T.a"')
  })

  it('refuses what is no name', () => {
    expect(() => sql.ident()).toThrow('at least one name')
    expect(() => sql.ident('')).toThrow('not an SQL identifier')
    expect(() => quoteIdentifier('a\0b')).toThrow('not an SQL identifier')
  })
})

describe('sql.join', () => {
  it('puts words between fragments, and nothing around them', () => {
    expect(compileSql(sql.join([sql`a = ${1}`, sql`b = ${2}`], ' AND '))).toEqual({
      text: 'a = $1 AND b = $2',
      values: [1, 2],
    })
    expect(compileSql(sql.join([])).text).toBe('')
  })

  it('refuses a separator that says more than that', () => {
    expect(() => sql.join([sql`a`], "'; DROP TABLE a; --")).toThrow('not a separator')
  })
})

describe('values', () => {
  it('binds every cell under its type, in the order of the types', () => {
    const rows = [
      { doc: { a: [1] }, id: '1', more: 'ignored' },
      { id: '2', doc: ['x'] },
      { id: 3n, doc: null },
      { id: null },
    ]

    expect(compileSql(sql`INSERT INTO t ${values(rows, { id: 'bigint', doc: 'jsonb' })}`)).toEqual({
      text: 'INSERT INTO t VALUES ($1::bigint, $2::jsonb), ($3::bigint, $4::jsonb), ($5::bigint, $6::jsonb), ($7::bigint, $8::jsonb)',
      values: ['1', '{"a":[1]}', '2', '["x"]', 3n, null, null, null],
    })
  })

  it.each([
    'text[]',
    'numeric(10, 2)',
    'timestamp(3) with time zone',
    'timestamp with time zone',
    'varchar(10)',
    'public.mood',
    'JSONB',
    'double precision',
  ])('takes %s as a type', (type) => {
    expect(compileSql(values([{ a: 1 }], { a: type })).text).toBe(`VALUES ($1::${type})`)
  })

  it.each(['', 'int); DROP TABLE a; --', 'int--', "'int'", 'int, 1', '"mood"'])('refuses %j as a type', (type) => {
    expect(() => values([{ a: 1 }], { a: type })).toThrow('not a type name')
  })

  it('refuses an empty list and no columns', () => {
    expect(() => values([], { a: 'int' })).toThrow('the list of rows is empty')
    expect(() => values([{}], {})).toThrow('at least one column')
  })

  it('takes as many rows as the protocol has parameters for', () => {
    const rows = Array.from({ length: 32_767 }, (_, id) => ({ id, doc: {} }))

    expect(compileSql(sql`INSERT INTO t ${values(rows, { id: 'bigint', doc: 'jsonb' })}`).values).toHaveLength(65_534)
  })
})
