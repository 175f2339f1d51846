/** What was done to stepped migrations, as the log tells it. */
import { countOf } from '../../../shared/format-number.ts'
import type { GlyphName, Tone } from './glyphs.ts'

type Said = readonly [glyph: GlyphName, tone: Tone, lead: string, rest: string]

/** null: it is about something else. Entries of earlier versions have fewer details. */
export function steppedSaid(kind: string, details: Readonly<Record<string, unknown>>): Said | null {
  const text = (name: string, before: string): string =>
    typeof details[name] === 'string' ? `${before}${details[name]}` : ''
  const what = `Stepped migration${text('version', ' ')}`
  const where = text('connection', ' on ')
  switch (kind) {
    case 'stepped_connect':
      return ['note', 'text', 'Stepped migrations', ` act on ${text('name', '')}${adapterOf(details)} now`]
    case 'stepped_disconnect':
      return ['off', 'text', 'Stepped migrations', ` act nowhere now${text('name', '; they did on ')}`]
    case 'stepped_retry':
      return ['retrying', 'retrying', `${what}${where} got its tries back`, '']
    case 'stepped_skip':
      return ['off', 'text', `${what}${where} skipped`, text('reason', ': ')]
    case 'stepped_approve':
      return ['lock', 'holding', `${what}${where} approved`, text('gate', ': ')]
    case 'stepped_drop':
      return [
        'off',
        'failed',
        `${what}${where} dropped the table${text('table', ' ')}`,
        details.wasThere === false ? ', which was gone already' : '',
      ]
    case 'stepped_reset':
      return details.version === undefined && typeof details.migrations === 'number'
        ? ['retrying', 'text', `${countOf(details.migrations, 'stepped migration')}${where} reset`, '']
        : ['retrying', 'text', `${what}${where} reset`, ', every operation runs again']
    default:
      return null
  }
}

function adapterOf({ adapter }: Readonly<Record<string, unknown>>): string {
  return typeof adapter === 'string' ? ` (${adapter})` : ''
}
