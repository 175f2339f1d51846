/** One title for errors that are the same but for their values: `user ‹n› is not a service account`. */

/** What all of them say; words in which they differ are left out, and said to be. */
export function commonMessage(messages: readonly string[]): string {
  const [first = '', ...others] = [...new Set(messages)]
  if (others.length === 0) return first
  const lines = [first, ...others].map((message) => message.split(' '))
  const [words = []] = lines
  if (lines.some(({ length }) => length !== words.length)) return withoutNumbers(first)
  return words
    .map((word, index) => {
      const all = lines.map((line) => line[index] ?? '')
      return all.every((other) => other === word) ? word : gapOf(all)
    })
    .join(' ')
}

/** The part in which they differ, between what they begin and end with. */
function gapOf(words: readonly string[]): string {
  const [first = ''] = words
  const start = commonLength(words, (word, at) => word[at])
  const rests = words.map((word) => word.slice(start))
  const end = commonLength(rests, (rest, at) => rest[rest.length - 1 - at])
  const middles = rests.map((rest) => rest.slice(0, rest.length - end))
  const name = middles.every((middle) => /^-?\d*\.?\d*$/.test(middle)) ? '‹n›' : '‹…›'
  return `${first.slice(0, start)}${name}${first.slice(first.length - end)}`
}

/** A digit is a part of its number: 18402 and 18403 differ as a whole. */
function commonLength(words: readonly string[], letterOf: (word: string, at: number) => string | undefined): number {
  const [first = ''] = words
  let length = 0
  for (;;) {
    const letter = letterOf(first, length)
    const isCommon =
      letter !== undefined && !/\d/.test(letter) && words.every((word) => letterOf(word, length) === letter)
    if (!isCommon) return length
    length += 1
  }
}

function withoutNumbers(message: string): string {
  return message.replaceAll(/\d+/g, '‹n›')
}
