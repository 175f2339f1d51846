/** The titles of the tests that a file runs: not those in comments, and not those that are skipped or left to be written. */

/** Strings, templates and comments, which may hold anything; a quote in a regular expression ends with its line. */
const OPAQUE = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
const TEST = /(?<![\w.])(?:it|test)(?<modifiers>(?:\.\w+)*)(?:<[^;]*?>)?(?=\()/g
const NOT_RUN = /\.(?:skip|todo|fixme)\b/

/**
 * @param {string} source
 * @returns {string[]}
 */
export function titlesOf(source) {
  const { text, strings } = withoutStrings(source)
  if (/\bdescribe\.(?:skip|todo)\b/.test(text)) return []
  return [...text.matchAll(TEST)].flatMap(({ index, 0: call, groups }) => {
    if (NOT_RUN.test(groups?.modifiers ?? '')) return []
    const opened = /\.(?:each|for|runIf|skipIf)$/.test(groups?.modifiers ?? '')
      ? behindParentheses(text, index + call.length)
      : index + call.length
    const number = /^\(\s*§(\d+)§/.exec(text.slice(opened))?.[1]
    return number === undefined ? [] : [strings[Number(number)] ?? '']
  })
}

/**
 * Each string as its number, comments gone: what is left has its parentheses in pairs.
 * @param {string} source
 */
function withoutStrings(source) {
  /** @type {string[]} */
  const strings = []
  const text = source.replaceAll(OPAQUE, (found) => {
    if (found.startsWith('/')) return ' '
    strings.push(found.slice(1, -1).replaceAll(/\\(['"`])/g, '$1'))
    return `§${String(strings.length - 1)}§`
  })
  return { text, strings }
}

/**
 * @param {string} text
 * @param {number} start where the first one opens
 */
function behindParentheses(text, start) {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1
    if (text[at] === ')') depth -= 1
    if (depth === 0) return at + 1
  }
  return text.length
}
