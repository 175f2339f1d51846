/** What a record says of itself, as names and values in words: details of the journal, results of operations. */
import { formatCount } from '../../../shared/format-number.ts'
import { fullTime } from './time.ts'

export interface Fact {
  readonly name: string
  readonly text: string
}

/** As many of a list as an eye takes in; the record has them all. */
const SHOWN_ITEMS = 5

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

export function detailFacts(details: Readonly<Record<string, unknown>>): readonly Fact[] {
  return Object.entries(details).map(([name, value]) => ({ name: wordsOf(name), text: valueText(value) }))
}

/** `copiedBy` → `copied by`, `with_partner` → `with partner`, `isEarly` → `early`. */
function wordsOf(name: string): string {
  return name
    .replaceAll('_', ' ')
    .replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^(is|has) /, '')
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'number') return formatCount(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return TIME.test(value) ? fullTime(value) : value
  if (Array.isArray(value)) return listText(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  return Object.entries(value)
    .map(([name, part]) => `${wordsOf(name)} ${valueText(part)}`)
    .join(', ')
}

function listText(values: readonly unknown[]): string {
  if (values.length === 0) return 'none'
  const shown = values.slice(0, SHOWN_ITEMS).map(valueText).join('; ')
  return values.length > SHOWN_ITEMS ? `${shown} and ${formatCount(values.length - SHOWN_ITEMS)} more` : shown
}
