/** The same value with the keys of every object in order, and without fields that are undefined. Lists keep their order. */
export function deepSort<Value>(value: Value): Value {
  // What comes out has the shape of what went in.
  return sorted(value) as Value
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]))
}
