import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  check,
  type Check,
  defineBatchedMigration,
  eachRow,
  type EachRow,
  type ExpectationContext,
  type JobArguments,
  type PerformFunction,
  sql,
  type TransformContext,
  type Unresolved,
  unresolved,
  values,
  z,
} from 'tranche'

const required = {
  jobClassName: 'A',
  description: 'For a test.',
  table: 'routes',
  column: 'id',
  perform: () => sql`SELECT 1`,
}

describe('the types an author works with', () => {
  const base = { jobClassName: 'A', description: 'For a test.', table: 'routes', column: 'id' }
  const schemas = { from: z.string(), day: z.string().transform((text) => new Date(text)), limit: z.int().optional() }

  interface Args {
    readonly from: string
    readonly limit: number | undefined
    readonly day: Date
  }

  it('give the arguments of the schemas to every form', () => {
    defineBatchedMigration({
      ...base,
      arguments: schemas,
      scope: ({ args }) => {
        expectTypeOf(args).toEqualTypeOf<Args>()
        return sql`a = ${args.from}`
      },
      perform: ({ args, subBatch }) => {
        expectTypeOf(args).toEqualTypeOf<Args>()
        // @ts-expect-error -- no such argument
        return sql`UPDATE a SET b = ${args.to ?? null} WHERE ${subBatch.on('x')}`
      },
    })
    defineBatchedMigration({
      ...base,
      arguments: schemas,
      perform: async ({ args, query }) => {
        expectTypeOf(args).toEqualTypeOf<Args>()
        const { rows, rowCount } = await query(sql`SELECT 1`)
        expectTypeOf(rows).toEqualTypeOf<readonly Record<string, unknown>[]>()
        return { changed: rowCount }
      },
    })
    defineBatchedMigration({
      ...base,
      arguments: schemas,
      perform: eachRow({
        select: ({ subBatch }) => sql`SELECT id FROM a WHERE ${subBatch}`,
        transform: async (row, { args }: TransformContext<Args>) => {
          expectTypeOf(row).toEqualTypeOf<Record<string, unknown>>()
          if (row.id === null) return unresolved('no id')
          return row.id === args.from ? null : { id: args.from, size: 1 }
        },
        write: (rows) => {
          expectTypeOf(rows[0]?.value).toEqualTypeOf<{ id: string; size: number } | undefined>()
          return sql`INSERT INTO a ${values(
            rows.map(({ value }) => value),
            { id: 'bigint', size: 'integer' },
          )}`
        },
      }),
      verify: [
        check.none('none', sql`SELECT 1`),
        check.count('count', sql`SELECT 1`, ({ args, exceptions }: ExpectationContext<Args>) => {
          expectTypeOf(exceptions).toEqualTypeOf<Readonly<Record<string, number>>>()
          return args.limit ?? 0n
        }),
      ],
    })
  })

  // TypeScript settles a call inside an object literal before it has read the schemas beside it.
  it('leave the arguments unknown inside eachRow and check.count where they are not annotated', () => {
    defineBatchedMigration({
      ...base,
      arguments: schemas,
      perform: eachRow({
        select: ({ args }) => sql`SELECT ${args.from}`,
        transform: (row, { args }) => {
          expectTypeOf(args).toEqualTypeOf<JobArguments>()
          return row
        },
        write: () => sql`SELECT 1`,
      }),
      verify: [check.count('count', sql`SELECT 1`, ({ args }) => (args.from === 'x' ? 1 : 0))],
    })
  })

  it('hold an annotation against the schemas', () => {
    defineBatchedMigration({
      ...required,
      arguments: { from: z.string() },
      // @ts-expect-error -- from is a text
      verify: [check.count('c', sql`SELECT 1`, ({ args }: ExpectationContext<{ from: number }>) => args.from)],
    })
    defineBatchedMigration({
      ...required,
      arguments: { from: z.string() },
      // @ts-expect-error -- from is a text
      perform: eachRow({
        select: () => sql`SELECT 1`,
        transform: (_row, { args }: TransformContext<{ from: number }>) => ({ size: args.from }),
        write: () => sql`SELECT 1`,
      }),
    })
  })

  it('have no arguments where none are declared', () => {
    defineBatchedMigration({
      ...base,
      perform: ({ args }) => {
        // @ts-expect-error -- no such argument
        return sql`SELECT ${args.from ?? 1}`
      },
    })
  })

  it('refuse what the validation refuses', () => {
    // @ts-expect-error -- not a strategy
    expect(() => defineBatchedMigration({ ...required, strategy: 'fast' })).toThrow()
    // @ts-expect-error -- not a field
    expect(() => defineBatchedMigration({ ...required, batch_size: 1 })).toThrow()
    // @ts-expect-error -- text is not a fragment
    expect(() => defineBatchedMigration({ ...required, scope: 'a = 1' })).toThrow()
  })

  it('are exported for helpers', () => {
    expectTypeOf<Unresolved['reason']>().toEqualTypeOf<string>()
    expectTypeOf<Check['name']>().toEqualTypeOf<string>()
    expectTypeOf<EachRow['kind']>().toEqualTypeOf<'each_row'>()
    expectTypeOf<PerformFunction>().toBeFunction()
  })
})
