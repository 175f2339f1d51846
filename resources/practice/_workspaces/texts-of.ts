/** Every text of a value, keys of objects included, with its place as a JSON pointer. */
export function* textsOf(value: unknown, place = ''): Generator<{ readonly text: string; readonly place: string }> {
  if (typeof value === 'string') yield { text: value, place }
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value)) yield { text: key, place }
    yield* textsOf(item, `${place}/${key}`)
  }
}
