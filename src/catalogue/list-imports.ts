import { type Import, parse } from 'es-module-lexer'

export interface ImportSite {
  /** What is imported, as written; null where it is computed. */
  readonly specifier: string | null
  /** Erased with the types: nothing is loaded for it. */
  readonly isTypeOnly: boolean
  readonly line: number
  readonly column: number
}

/**
 * Every import of a module. What runs is read from the stripped code, where the lexer has no types to guess at; what
 * types import is read from the text that stripping erased. `text` and `code` have the same length and line breaks.
 * The lexer must be initialised. Throws on code that it cannot lex.
 */
export function listImports(text: string, code: string): readonly ImportSite[] {
  const runtime = parse(code)[0].flatMap((site) =>
    site.type === 'import-meta'
      ? []
      : [{ specifier: literalOf(site), isTypeOnly: false, ...positionAt(text, site.importStart) }],
  )
  return [...runtime, ...typeImports(text, code)]
}

// A template without substitutions would be literal too, but the lexer does not read it: it counts as computed.
function literalOf(site: Exclude<Import, { readonly type: 'import-meta' }>): string | null {
  if (site.type === 'dynamic' && site.glob) return null
  return site.specifier ?? null
}

/** `from '…'`, `import '…'` or `import('…')`; or a comment or string, matched only to be passed over. */
const TYPE_IMPORT =
  /\b(?:from\s*|import\s*\(?\s*)(['"])(.*?)\1|\/\/.*|\/\*[\s\S]*?\*\/|(['"`])(?:\\.|(?!\3)[\s\S])*?\3/g

function typeImports(text: string, code: string): readonly ImportSite[] {
  return [...erasedText(text, code).matchAll(TYPE_IMPORT)].flatMap((match) =>
    match[2] === undefined ? [] : [{ specifier: match[2], isTypeOnly: true, ...positionAt(text, match.index) }],
  )
}

/** The text at the places where the code has become blank, and blanks elsewhere. */
function erasedText(text: string, code: string): string {
  return text.replaceAll(/[^\n]/g, (character, index: number) => (character === code[index] ? ' ' : character))
}

/** Line and column from 1. */
export function positionAt(text: string, index: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, index).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
