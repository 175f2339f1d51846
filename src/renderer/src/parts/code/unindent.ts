/** Definitions write their SQL indented; the common margin says nothing. */
export function unindent(text: string): string {
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
