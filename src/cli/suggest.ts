/** The nearest of the known names, or null where none is near enough to be meant. */
export function suggest(given: string, known: readonly string[]): string | null {
  const near = known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name) }))
    .filter(({ name, distance: far }) => far <= Math.max(1, Math.floor(name.length / 3)))
    .sort((left, right) => left.distance - right.distance)
  return near[0]?.name ?? null
}

/** Insertions, deletions, replacements and swapped neighbours between two words. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (last[column] ?? Infinity) + 1,
        (current[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? Infinity
}
