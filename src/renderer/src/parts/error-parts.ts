/** An error of the log, taken apart as it was put together (engine/exception.ts): the server's words, then DETAIL, HINT, … */
export interface ErrorPart {
  readonly name: string
  readonly text: string
}

const PART = /^(DETAIL|HINT|CONTEXT|CAUSE): /

export function errorParts(message: string): readonly ErrorPart[] {
  const parts: { name: string; text: string }[] = [{ name: 'message', text: '' }]
  for (const line of message.split('\n')) {
    const [head, name] = PART.exec(line) ?? []
    const last = parts.at(-1)
    if (head !== undefined && name !== undefined)
      parts.push({ name: name.toLowerCase(), text: line.slice(head.length) })
    else if (last !== undefined) last.text += last.text === '' ? line : `\n${line}`
  }
  return parts.filter(({ text }) => text !== '')
}

/** `check_violation (23514)` → `23514 check_violation`: the code is what is looked up. */
export function classWords(exceptionClass: string): string {
  const [, name, sqlstate] = /^(.+) \(([0-9A-Z]{5})\)$/.exec(exceptionClass) ?? []
  return name === undefined || sqlstate === undefined ? exceptionClass : `${sqlstate} ${name}`
}
