/**
 * A command as people type it: a JSON array of its words, or words parted by spaces. Single and double quotes hold a word
 * together, and everything in them is meant as it stands: no shell reads it, so there are no escapes, variables or patterns.
 */

const MOST_WORDS = 64
const LONGEST_WORD = 4_000

/** null: it is empty, a quote is open, or it is no array of texts. */
export function readCommand(text: string): readonly [string, ...string[]] | null {
  const trimmed = text.trim()
  const words = trimmed.startsWith('[') ? readArray(trimmed) : splitWords(trimmed)
  const [program, ...rest] = words ?? []
  if (program === undefined || program === '') return null
  return isCommand([program, ...rest]) ? [program, ...rest] : null
}

/** As `readCommand` reads it. */
export function writeCommand(words: readonly string[]): string {
  return words.every((word) => /^[^\s'"[\]]+$/.test(word)) ? words.join(' ') : JSON.stringify(words)
}

/** Whether these can be given to a program. */
function isCommand(words: readonly string[]): boolean {
  return (
    words.length > 0 &&
    words.length <= MOST_WORDS &&
    words.every((word) => word.length <= LONGEST_WORD && !word.includes('\0'))
  )
}

function readArray(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : null
  } catch {
    return null
  }
}

/** One word after the other, so that an open quote is seen. */
function splitWords(text: string): readonly string[] | null {
  const word = /\s*((?:[^\s'"]|'[^']*'|"[^"]*")+)/y
  const words: string[] = []
  while (word.lastIndex < text.length) {
    const [, found] = word.exec(text) ?? []
    if (found === undefined) return null
    words.push(
      found.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    )
  }
  return words
}
