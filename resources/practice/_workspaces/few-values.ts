/** Aliases of YAML make a small text into more values than anybody could read. */

/** A devfile has some hundreds. */
const MOST = 50_000

/** Throws `error` where a value holds more than so many others, each alias counted anew; also where one holds itself. */
export function assertFewValues(value: unknown, error: () => Error): void {
  const left: unknown[] = [value]
  for (let count = 0; left.length > 0; count += 1) {
    if (count > MOST) throw error()
    const next = left.pop()
    const inside: readonly unknown[] = typeof next === 'object' && next !== null ? Object.values(next) : []
    left.push(...inside)
  }
}
