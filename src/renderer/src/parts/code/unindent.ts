const KEYWORDS = new Set(
  `ALL ALTER ANALYZE AND ANY AS ASC BEGIN BETWEEN BY CASE CAST COALESCE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS
  CURRENT DEFAULT DELETE DESC DISTINCT DO DROP ELSE END EXCEPT EXISTS FALSE FETCH FILTER FIRST FOR FROM FULL GRANT GROUP
  HAVING IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY LAST LATERAL LEFT LIKE LIMIT LOCAL LOCK MATERIALIZED NOT
  NOTHING NULL NULLS OF OFFSET ON OR ORDER OUTER OVER PARTITION PRIMARY REFERENCES RETURNING RIGHT ROLLBACK ROW ROWS SCHEMA
  SELECT SET SHARE SKIP TABLE THEN TO TRUE UNION UNIQUE UPDATE USING VALIDATE VALUES WHEN WHERE WITH`.split(/\s+/),
)
/** Strings, quoted names and comments are left whole, so that a word inside of them is not taken for a keyword. */
const PIECES = /('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_][\w$]*|[^A-Za-z_'"\-/]+|[-/'"])/g

export interface SqlToken {
  readonly text: string
  readonly isKeyword: boolean
}

export function sqlTokens(text: string): readonly SqlToken[] {
  const lines = unindent(text)
  return [...lines.matchAll(PIECES)].map(([piece]) => ({ text: piece, isKeyword: KEYWORDS.has(piece.toUpperCase()) }))
}

/** Definitions write their SQL indented; the common margin says nothing. */
function unindent(text: string): string {
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const margins = lines
    .slice(text.startsWith('\n') ? 0 : 1)
    .flatMap((line) => (line.trim() === '' ? [] : [line.search(/\S/)]))
  const margin = margins.length === 0 ? 0 : Math.min(...margins)
  return lines.map((line) => line.slice(Math.min(margin, Math.max(0, line.search(/\S/))))).join('\n')
}
