/** Each check with what was expected and found, and what stands beside the checks. */
import type { CheckValue, VerificationValue } from '../../shared/cli-output.ts'
import { newRowsOf, verdictOf } from '../../shared/describe-verification.ts'
import { formatDuration } from '../../shared/format-duration.ts'
import { formatCount } from '../../shared/format-number.ts'
import { block, indent } from './columns.ts'

export function verificationText(verification: VerificationValue): string {
  const { checks, exceptions } = verification
  const fresh = newRowsOf(verification)
  return [
    `${verification.holds ? (verification.proven === 'coverage-only' ? '!' : '✓') : '✕'} ${verdictOf(verification)}`,
    ...block('Checks', checks.flatMap(checkLines)),
    ...block(
      'Left alone on purpose',
      exceptions.flatMap(({ name, why, count }) => [`${formatCount(count)}  ${name}: ${why}`]),
    ),
    ...block('New after queueing', fresh === null ? [] : [fresh]),
  ].join('\n')
}

function checkLines({
  name,
  holds,
  expected,
  found,
  rows,
  milliseconds,
  waivedBecause,
}: CheckValue): readonly string[] {
  const sign = holds ? '✓' : waivedBecause === null ? '✕' : '!'
  return [
    `${sign} ${name}: expected ${expected}, found ${found} (${formatDuration(milliseconds / 1000)})`,
    ...(waivedBecause === null ? [] : [`  waived: ${waivedBecause}`]),
    ...indent(rows.map((row) => (holds ? `✓ ${Object.entries(row).map(valueText).join(' ')}` : rowText(row)))),
  ]
}

/** `got=11` */
function valueText([name, value]: readonly [string, unknown]): string {
  if (value === null) return `${name}=nothing`
  return `${name}=${shorten(typeof value === 'string' ? value : JSON.stringify(value), 80)}`
}

/** As JSON, but for documents. */
function rowText(row: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(row).map(
    ([name, value]) => `${JSON.stringify(name)}:${shorten(JSON.stringify(value), 300)}`,
  )
  return `{${values.join(',')}}`
}

/** One line of it; --json has the whole. */
function shorten(text: string, most: number): string {
  const line = text.trim().replace(/\s*\n\s*/g, ' ⏎ ')
  return line.length > most ? `${line.slice(0, most)}…` : line
}
