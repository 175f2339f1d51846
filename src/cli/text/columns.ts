/** Text in columns; numbers stand at the right. */
export function columns(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): readonly string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)))
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return rightAligned.includes(index) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** Each line, and each line within it, moved to the right. */
export function indent(lines: readonly string[], by = 2): readonly string[] {
  return lines.flatMap((line) => line.split('\n')).map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`))
}

/** A heading and what belongs to it; nothing at all where nothing does. */
export function block(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', heading, ...indent(lines)]
}
