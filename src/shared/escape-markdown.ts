/** Text from a database, put into Markdown so that it is read as text: nothing in it may end a cell, start a tag or a link. */

/** One table cell or one line: line breaks become spaces, so that a value cannot leave its row. */
export function escapeMarkdown(text: string): string {
  return stripControls(text)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[@#!]/g, entity)
    .replaceAll(/[\\`*_[\]|~$]/g, (sign) => `\\${sign}`)
}

/** A value in code style within a table cell. Backticks end it early, and GitHub splits cells at `|` even in code. */
export function inlineCode(text: string): string {
  const clean = stripControls(text).replaceAll(/\s+/g, ' ').trim()
  if (clean === '') return ''
  if (!/[`|]/.test(clean)) return `\`${clean}\``
  return `<code>${clean.replaceAll(/[`|&<>*_[\]\\~$@#!]/g, entity)}</code>`
}

/** A fenced block whose fence is longer than any run of backticks in the text. */
export function fencedBlock(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${stripControls(text)}\n${fence}`
}

/** `@name`, `#12` and `!12` would notify people or link to issues where a report is pasted. */
function entity(sign: string): string {
  return `&#${String(sign.codePointAt(0))};`
}

/** Escape sequences of a terminal and other control characters, but for tab and line feed. */
export function stripControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '')
}
