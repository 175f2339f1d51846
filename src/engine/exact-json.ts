/** JSON of the database's, read without losing digits: a number that JavaScript cannot hold or would write otherwise stays its text. */

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

// The third parameter is newer than its type.
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown

/** 9007199254740993 and 1.10 come back as '9007199254740993' and '1.10'; 7 and 1.5 as numbers. */
export function parseExactly(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isExact(value, source) ? source : value,
  )
}

function isExact(value: number, source: string): boolean {
  return String(value) === source && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
