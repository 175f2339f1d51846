import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import amaro from 'amaro'
import type { FilePosition, Problem } from './catalogue.ts'
import { type ImportSite, listImports, positionAt } from './list-imports.ts'

/** One file of the catalogue, read and made ready to run. Nothing of it has run yet. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string
  /** As the drift hash and the snapshots see it: without byte order mark, with LF. */
  readonly text: string
  /** What is executed: the text with its types blanked out, so that lines and columns stay. */
  readonly code: string
  readonly format: 'module' | 'json'
  readonly imports: readonly ImportSite[]
}

/** Reads and strips a file; the problem where that cannot be done. The lexer must be initialised. */
export async function readSourceFile(root: string, path: string): Promise<SourceFile | Problem> {
  const text = await readText(root, path)
  if (typeof text !== 'string') return text
  if (path.endsWith('.json')) return { path, text, code: text, format: 'json', imports: [] }
  const code = isTypeScript(path) ? stripTypes(path, text) : text
  if (typeof code !== 'string') return code
  try {
    return { path, text, code, format: 'module', imports: listImports(text, code) }
  } catch (cause) {
    return invalid({ file: path, ...placeOfLexerError(text, cause) }, `does not parse: ${messageOf(cause)}`)
  }
}

export function isProblem(value: object): value is Problem {
  return 'at' in value && 'remedy' in value
}

function isTypeScript(path: string): boolean {
  return path.endsWith('.ts') || path.endsWith('.mts')
}

async function readText(root: string, path: string): Promise<string | Problem> {
  const nowhere = { file: path, line: null, column: null }
  try {
    const bytes = await readFile(join(root, path))
    // TextDecoder drops the byte order mark; `fatal` because a guessed encoding would run and hash something else.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch (cause) {
    if (cause instanceof TypeError) return invalid(nowhere, 'is not text in UTF-8', 'Save it as UTF-8.')
    return invalid(nowhere, `cannot be read: ${messageOf(cause)}`, 'Give this user the right to read it, or remove it.')
  }
}

/**
 * Always as an ES module, and always by this package: whether the host strips types itself is another matter on every
 * runtime (Electron's does not).
 */
function stripTypes(path: string, text: string): string | Problem {
  try {
    return amaro.transformSync(text, { mode: 'strip-only', module: true, filename: path }).code
  } catch (cause) {
    const place = placeOfStripError(cause)
    const message = messageOf(cause)
    return isUnsupported(cause)
      ? invalid(
          { file: path, ...place },
          message,
          'Use only TypeScript whose types can be erased: no enum, namespace or parameter property.',
        )
      : invalid({ file: path, ...place }, `does not parse: ${message}`)
  }
}

function invalid(
  at: FilePosition,
  message: string,
  remedy = 'Correct the file, then open the catalogue again.',
): Problem {
  return { at, code: 'definition_invalid', message, remedy }
}

/** What amaro throws is a plain object. */
function messageOf(cause: unknown): string {
  const message: unknown = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause
  return String(message)
}

function isUnsupported(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'UnsupportedSyntax'
}

function placeOfStripError(cause: unknown): { readonly line: number | null; readonly column: number | null } {
  if (typeof cause !== 'object' || cause === null || !('startLine' in cause && 'startColumn' in cause))
    return { line: null, column: null }
  return { line: Number(cause.startLine), column: Number(cause.startColumn) + 1 }
}

function placeOfLexerError(
  text: string,
  cause: unknown,
): { readonly line: number | null; readonly column: number | null } {
  if (typeof cause !== 'object' || cause === null || !('idx' in cause)) return { line: null, column: null }
  return positionAt(text, Number(cause.idx))
}
