import type { EventValue } from '../../shared/cli-output.ts'
import { decidedBy } from '../../shared/decided-by.ts'
import { formatTime } from '../../shared/format-duration.ts'

/** One line of the journal. */
export function eventText({ at, kind, operator, host, jobId, details }: EventValue): string {
  const about = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const job = jobId === null ? [] : [`job ${jobId}`]
  const decider = decidedBy({ kind, details })
  const who = decider === null ? operator : `${decider}, for ${operator}`
  return [formatTime(at), kind.replaceAll('_', ' '), `by ${who} on ${host}`, ...job, ...about].join('  ')
}
