import type { ZodType } from 'zod'
import { messageOf, TrancheError } from './errors.ts'

interface Receiver {
  readonly jobClassName: string
  /** Declaration order is the order of the array. */
  readonly arguments: Readonly<Record<string, ZodType>>
}

/**
 * The JSON array of job arguments, parsed by the schemas of the definition. What is stored is the array as given;
 * it is parsed again at each run. Throws `invalid_arguments` on a wrong number, a wrong value, and an asynchronous schema.
 */
export function parseJobArguments(
  receiver: Receiver,
  given: unknown,
): { readonly args: Readonly<Record<string, unknown>> } {
  const entries = Object.entries(receiver.arguments)
  const values = requireArray(receiver, given)
  if (values.length > entries.length) throw arityError(receiver, values.length)
  const args = entries.map(([name, schema], index) => {
    const isOmitted = index >= values.length
    const outcome = parse(schema, values[index], (cause) => schemaError(receiver, name, cause))
    if (outcome.success) return [name, outcome.data] as const
    if (isOmitted) throw arityError(receiver, values.length)
    throw new TrancheError(
      'invalid_arguments',
      `${receiver.jobClassName}: argument ${name} (number ${String(index + 1)}) is ${describe(values[index])}: ${outcome.reason}`,
      {
        remedy: `Pass the arguments as a JSON array in this order: ${signature(receiver)}.`,
        details: { argument: name },
      },
    )
  })
  return { args: Object.freeze(Object.fromEntries(args)) }
}

function requireArray(receiver: Receiver, given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given
  throw new TrancheError(
    'invalid_arguments',
    `${receiver.jobClassName}: the arguments are ${describe(given)}; expected a JSON array`,
    {
      remedy: `Pass the arguments as a JSON array in this order: ${signature(receiver)}.`,
    },
  )
}

function arityError(receiver: Receiver, got: number): TrancheError {
  const names = Object.keys(receiver.arguments)
  const required = Object.values(receiver.arguments).filter((schema) => !acceptsOmission(schema)).length
  const count = required === names.length ? String(required) : `${String(required)} to ${String(names.length)}`
  const takes =
    names.length === 0
      ? 'no arguments'
      : `${count} ${count === '1' ? 'argument' : 'arguments'} (${signature(receiver)})`
  return new TrancheError('invalid_arguments', `${receiver.jobClassName} takes ${takes}, got ${String(got)}`, {
    remedy:
      names.length === 0 ? 'Leave the arguments out.' : `Pass a JSON array in this order: ${signature(receiver)}.`,
    details: { expected: names, got },
  })
}

/** `from, to, limit?` */
function signature(receiver: Receiver): string {
  const entries = Object.entries(receiver.arguments)
  return entries.map(([name, schema]) => (acceptsOmission(schema) ? `${name}?` : name)).join(', ')
}

type Outcome = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly reason: string }

function parse(schema: ZodType, value: unknown, onThrow: (cause: unknown) => TrancheError): Outcome {
  try {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed
    const reasons = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    )
    return { success: false, reason: reasons.join('; ') }
  } catch (cause) {
    throw onThrow(cause)
  }
}

function schemaError(receiver: Receiver, name: string, cause: unknown): TrancheError {
  // By name, not instanceof: a catalogue may bring its own copy of zod.
  const isAsync = cause instanceof Error && cause.constructor.name === '$ZodAsyncError'
  const what = isAsync ? 'is asynchronous' : `threw ${messageOf(cause)}`
  return new TrancheError(
    'invalid_arguments',
    `${receiver.jobClassName}: the schema of argument ${name} ${what}; expected one that answers at once`,
    {
      remedy: 'Change the schema in the definition: no async refinements or transforms, and no function that throws.',
      cause,
    },
  )
}

function acceptsOmission(schema: ZodType): boolean {
  try {
    return schema.safeParse(undefined).success
  } catch {
    return false
  }
}

function describe(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}
