import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseJobArguments } from '../../src/shared/job-arguments.ts'

/** Typed, where Vitest's own matcher is any. */
const containing = (text: string): unknown => expect.stringContaining(text)

const copy = { jobClassName: 'Copy', arguments: { from: z.string(), to: z.string() } }
const limited = {
  jobClassName: 'Limited',
  arguments: { from: z.string(), limit: z.int().optional(), mode: z.string().default('soft') },
}

describe('parseJobArguments', () => {
  it('names the values by declaration order and parses them', () => {
    const parsed = {
      jobClassName: 'Parsed',
      arguments: { b: z.coerce.number(), a: z.string().transform((text) => text.length) },
    }

    expect(parseJobArguments(copy, ['x', 'y'])).toEqual({ args: { from: 'x', to: 'y' } })
    expect(parseJobArguments(parsed, ['12', 'four'])).toEqual({ args: { b: 12, a: 4 } })
    expect(Object.isFrozen(parseJobArguments(copy, ['x', 'y']).args)).toBe(true)
  })

  it('lets trailing optional ones be omitted', () => {
    expect(parseJobArguments(limited, ['x'])).toEqual({ args: { from: 'x', limit: undefined, mode: 'soft' } })
    expect(parseJobArguments(limited, ['x', 3])).toEqual({ args: { from: 'x', limit: 3, mode: 'soft' } })
    expect(parseJobArguments({ jobClassName: 'None', arguments: {} }, [])).toEqual({ args: {} })
  })

  it.each([
    [copy, ['x'], 'Copy takes 2 arguments (from, to), got 1'],
    [copy, [], 'Copy takes 2 arguments (from, to), got 0'],
    [copy, ['x', 'y', 'z'], 'Copy takes 2 arguments (from, to), got 3'],
    [limited, [], 'Limited takes 1 to 3 arguments (from, limit?, mode?), got 0'],
    [{ jobClassName: 'One', arguments: { a: z.string() } }, [], 'One takes 1 argument (a), got 0'],
    [{ jobClassName: 'None', arguments: {} }, ['x'], 'None takes no arguments, got 1'],
    [copy, { from: 'x' }, 'Copy: the arguments are {"from":"x"}; expected a JSON array'],
    [copy, null, 'Copy: the arguments are null; expected a JSON array'],
    [copy, undefined, 'Copy: the arguments are missing; expected a JSON array'],
    [copy, ['x', 5], 'Copy: argument to (number 2) is 5: Invalid input: expected string, received number'],
    [limited, ['x', null], 'Limited: argument limit (number 2) is null: Invalid input'],
    [
      { jobClassName: 'Deep', arguments: { a: z.object({ b: z.array(z.int()) }) } },
      [{ b: [1, 'two'] }],
      'Deep: argument a (number 1) is {"b":[1,"two"]}: b.1: Invalid input: expected number, received string',
    ],
    [copy, ['x', ['y'.repeat(200)]], `is ["${'y'.repeat(97)}…`],
  ])('refuses a wrong number and wrong values: %#', (receiver, given, message) => {
    expect(() => parseJobArguments(receiver, given)).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', message: containing(message) }),
    )
  })

  it('says what to pass', () => {
    expect(() => parseJobArguments(limited, [1])).toThrow(
      expect.objectContaining({ remedy: 'Pass the arguments as a JSON array in this order: from, limit?, mode?.' }),
    )
  })

  it('refuses schemas that do not answer at once, or throw', () => {
    const slow = z.string().refine(async (text) => Promise.resolve(text !== ''))
    const throwing = z.string().transform((): string => {
      throw new Error('not today')
    })

    expect(() => parseJobArguments({ jobClassName: 'Slow', arguments: { a: slow } }, ['x'])).toThrow(
      'Slow: the schema of argument a is asynchronous; expected one that answers at once',
    )
    expect(() => parseJobArguments({ jobClassName: 'Throws', arguments: { a: throwing } }, ['x'])).toThrow(
      'Throws: the schema of argument a threw not today',
    )
  })
})
