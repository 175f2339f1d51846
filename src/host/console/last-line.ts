/** What a program that failed said last, without Chromium's `[pid:time:ERROR:file]`; null: nothing. */
export function lastLine(output: string): string | null {
  const lines = output.split('\n').map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
  return lines.findLast((line) => line !== '') ?? null
}
