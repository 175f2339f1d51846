/** How many characters of the phrase are typed right, from its beginning. */
export function matchingLength(typed: string, phrase: string): number {
  let length = 0
  while (length < typed.length && length < phrase.length && typed[length] === phrase[length]) length += 1
  return length
}
