/** Text that PostgreSQL can store: the character NUL and halves of surrogate pairs become the replacement character. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
