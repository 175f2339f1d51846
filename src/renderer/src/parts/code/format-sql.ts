/** Statements as they are read. Only for the eye: what is sent is what its author wrote. */
import { formatDialect, postgresql } from 'sql-formatter'

/** null: it is none that can be formatted; then it is read as it was written. */
export function formatSql(text: string): string | null {
  try {
    return formatDialect(text, { dialect: postgresql, keywordCase: 'upper', expressionWidth: 56 })
  } catch {
    return null
  }
}
