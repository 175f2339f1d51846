import { messageOf, TrancheError } from '../shared/errors.ts'

/** What `--args` holds, as an array. JSON numbers that a double cannot hold are refused: an id must not arrive as another one. */
export function parseJsonArguments(text: string): readonly unknown[] {
  const value = parse(text)
  if (Array.isArray(value)) return value
  throw invalid(
    `--args is ${value === null ? 'null' : typeof value}; expected a JSON array`,
    `Write a JSON array, even of one argument: --args '["a", 1]'.`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, refuseImprecise)
  } catch (cause) {
    if (cause instanceof TrancheError) throw cause
    const said = messageOf(cause)
    throw invalid(`--args is not JSON: ${said}`, `Write a JSON array in single quotes: --args '["a", 1]'.`)
  }
}

interface Source {
  readonly source?: string
}

function refuseImprecise(_key: string, value: unknown, context?: Source): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source) || Number.isSafeInteger(value))
    return value
  throw invalid(`--args holds ${source}, which a JSON number cannot carry exactly`, `Write it as text: "${source}".`)
}

function invalid(message: string, remedy: string): TrancheError {
  return new TrancheError('invalid_arguments', message, { remedy })
}
