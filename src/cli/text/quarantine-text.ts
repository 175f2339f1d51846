/** Rows in quarantine, one line each, with the lines of their stack behind it. */
import { keyWords } from '../../shared/describe-range.ts'
import { formatTime } from '../../shared/format-duration.ts'
import { countOf } from '../../shared/format-number.ts'
import type { HasOnQuarantine, QuarantineValue } from '../../shared/quarantine-view.ts'
import { indent } from './columns.ts'

interface Of {
  readonly id: string
  readonly next: string | null
  /** How many the migration has, by its counts. */
  readonly all: number
  readonly hasOnQuarantine: HasOnQuarantine
}

export function quarantineText(rows: QuarantineValue['rows'], { id, next, all, hasOnQuarantine }: Of): string {
  if (rows.length === 0) return 'No row is in quarantine.'
  return [
    `${countOf(all, 'row')} of migration ${id} could not be migrated${becameOf(all, hasOnQuarantine)}.`,
    '',
    ...rows.flatMap(({ key, jobId, errorClass, errorMessage, stack, at }) => [
      `✕ ${keyWords(key)}  job ${jobId}  ${formatTime(at)}`,
      ...indent([`${errorClass}: ${errorMessage}`, ...(stack === null ? [] : stackLines(stack, errorMessage))]),
    ]),
    ...(next === null ? [] : ['', `There are more: tranche quarantine ${id} --after ${next}`]),
  ].join('\n')
}

function becameOf(all: number, hasOnQuarantine: HasOnQuarantine): string {
  if (hasOnQuarantine === null) return ''
  const [them, are] = all === 1 ? ['it', 'is'] : ['them', 'are']
  return hasOnQuarantine
    ? `; the definition’s onQuarantine was given ${them}, so ${all === 1 ? 'it' : 'they'} may have been changed`
    : ` and ${are} as before`
}

/** Without its head, which repeats the message. */
function stackLines(stack: string, message: string): readonly string[] {
  const [head = ''] = message.split('\n')
  return stack.split('\n').filter((line) => line.trim() !== '' && !(head !== '' && line.includes(head)))
}
