/** What was thrown while a definition file was imported, as a problem with a place. */
import { TrancheError } from '../shared/errors.ts'
import type { FilePosition, Problem } from './catalogue.ts'
import { addressPrefix, pathOfAddress } from './catalogue-path.ts'
import { type Evaluation, EvaluationTimeout } from './evaluation.ts'
import { isProblem } from './source-file.ts'

const CORRECT_IT = 'Correct the file, then open the catalogue again.'

export function problemOfThrown(thrown: unknown, file: string, evaluation: Evaluation): Problem {
  const place = placeInStack(thrown, evaluation)
  if (thrown instanceof TrancheError) {
    const code = thrown.code === 'definition_import' ? thrown.code : 'definition_invalid'
    const at = place === null ? nowhere(file) : placeOfField(place, thrown, evaluation)
    return { at, code, message: thrown.message, remedy: thrown.remedy ?? CORRECT_IT }
  }
  if (isCompileError(thrown)) {
    // V8 does not say where a module fails to compile; it compiles each right after it was loaded.
    const at = place ?? nowhere(evaluation.hooks.lastLoaded() ?? file)
    return { at, code: 'definition_invalid', message: thrown.message, remedy: remedyOfSyntaxError(thrown) }
  }
  const message =
    thrown instanceof EvaluationTimeout ? thrown.message : `threw while it was imported: ${describe(thrown)}`
  return { at: place ?? nowhere(file), code: 'definition_invalid', message, remedy: CORRECT_IT }
}

/** A syntax error of the file itself, and not one that its code met while it ran, such as JSON.parse throws. */
function isCompileError(thrown: unknown): thrown is SyntaxError {
  return thrown instanceof SyntaxError && !/^ +at .*tranche:\/\//m.test(thrown.stack ?? '')
}

function nowhere(file: string): FilePosition {
  return { file, line: null, column: null }
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : `a ${typeof thrown} that is not an Error`
  return `${thrown.name}: ${thrown.message}`
}

function remedyOfSyntaxError({ message }: SyntaxError): string {
  const isMissingExport = message.includes('does not provide an export named')
  return isMissingExport ? 'Correct the name. A type is imported with `import type`.' : CORRECT_IT
}

/** The innermost place in the catalogue that the stack names. */
function placeInStack(thrown: unknown, { generation }: Evaluation): FilePosition | null {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return null
  const place = new RegExp(`(${addressPrefix(generation)}[^\\s():]+):(\\d+)(?::(\\d+))?`)
  const [, address, line, column] = place.exec(thrown.stack) ?? []
  const file = address === undefined ? null : pathOfAddress(generation, address)
  if (file === null) return null
  return { file, line: Number(line), column: column === undefined ? null : Number(column) }
}

/** A field that was refused is looked for behind the call that refused it, so that the place is the field's line. */
function placeOfField(call: FilePosition, { details }: TrancheError, { graph }: Evaluation): FilePosition {
  const field: unknown = Array.isArray(details.fields) ? details.fields[0] : undefined
  const node = graph.get(call.file)
  if (typeof field !== 'string' || field === '' || call.line === null || node === undefined || isProblem(node))
    return call
  const lines = node.source.text.split('\n')
  const first = call.line - 1
  const index = lines.findIndex((line, number) => number >= first && line.trimStart().startsWith(field))
  return index === -1 ? call : { file: call.file, line: index + 1, column: null }
}
