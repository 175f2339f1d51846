/** Puts what is wrong with a definition into sentences: which field, what was found there, what was expected. */
import { isSql } from '../shared/sql.ts'
import { isRecord } from './input-rules.ts'

export interface InputProblem {
  readonly path: readonly PropertyKey[]
  /** `expected …`, before which the value is quoted, or what else is to be said of the field. */
  readonly message: string
}

/** One line for each problem, the first led by the job class name where there is a usable one. */
export function describeProblems(input: unknown, problems: readonly InputProblem[]): string {
  const name = isRecord(input) && typeof input.jobClassName === 'string' ? `${input.jobClassName}: ` : ''
  return problems.map((problem) => `${name}${describeProblem(input, problem)}`).join('\n')
}

function describeProblem(input: unknown, { path, message }: InputProblem): string {
  const field = path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${String(key)}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  )
  if (!message.startsWith('expected ')) return `${field} ${message}`
  const found = path.reduce<unknown>(
    (value, key) => (isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined),
    input,
  )
  return `${field === '' ? 'the definition' : field} is ${describeValue(found)}; ${message}`
}

/** A value in a few words, so that a message stays a message whatever was written. */
function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'object':
      return describeObject(value)
    case 'string':
      return shorten(JSON.stringify(value))
    case 'bigint':
    case 'boolean':
    case 'number':
      return String(value)
  }
}

/** A fragment's own text says nothing to its author, and some objects cannot be written as JSON. */
function describeObject(value: object | null): string {
  if (isSql(value)) return 'an SQL fragment'
  try {
    return shorten(JSON.stringify(value))
  } catch {
    return Array.isArray(value) ? 'an array' : 'an object'
  }
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
