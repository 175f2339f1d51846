/** Secrets taken out of what is logged. Nobody should log one; this is for what servers, programs and libraries say. */

const SECRET_NAME = /pass(word|phrase|wd)|secret|token|sealed|credential|cookie|authorization/i
const REDACTED = '[redacted]'

/** In texts: passwords of URLs, and what stands behind the name of a secret. */
export function redactText(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*):[^\s/?#]*@/gi, `$1:${REDACTED}@`)
    .replaceAll(
      /\b((?:PG|ssl)?pass(?:word|phrase|wd)|secret|token|authorization)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&,;)}\]]+)/gi,
      `$1$2${REDACTED}`,
    )
}

/** The same value without them. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && typeof inner === 'string' ? REDACTED : redact(inner),
    ]),
  )
}
