/** A number, its groups and its unit stay on one line: `18 400 rows` may break before rows, `18 400` and `43 %` may not. */
export function keepTogether(text: string): string {
  return text.replaceAll(/(?<=\d) (?=\d{3}(?!\d)|%|s\b|ms\b|min\b|h\b|m\b)/g, '\u00a0')
}
