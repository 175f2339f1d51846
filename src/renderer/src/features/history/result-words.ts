import type { LogLine } from '../../parts/log-text.ts'

/** What came of it, beside a column that says what was done: `Paused, takes effect …` is `takes effect …` there. */
export function resultWords({ action, lead, rest }: Pick<LogLine, 'action' | 'lead' | 'rest'>): string {
  const said = rest.replace(/^[:,]?\s+/, '')
  return said !== '' && isSame(lead, action) ? said : `${lead}${rest}`
}

/** `Paused` says what `pause` says; `Set batch size 200` says more than `set`. */
function isSame(lead: string, action: string): boolean {
  const [first = '', ...others] = lead.toLowerCase().split(' ')
  const [verb = '', ...more] = action.split(' ')
  return others.length <= more.length && first.slice(0, 4) === verb.slice(0, 4)
}
