import type { ConnectionTest, TestCheck } from '../../../../shared/connection-view.ts'
import type { AppError } from '../../../../shared/errors.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'

interface Said {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly sentence: string
  readonly isMoving?: boolean
}

interface Tested {
  readonly value: ConnectionTest | null
  readonly error: AppError | null
  readonly sinceMs: number | null
}

export const CHECK_NAMES: Readonly<Record<TestCheck['name'], string>> = {
  reach: 'DNS and TCP',
  tls: 'TLS',
  login: 'Authentication',
  version: 'Version',
  primary: 'Primary',
  pooler: 'Pooler',
  privileges: 'Privileges',
  clock: 'Clock skew',
  tracking: 'Tracking',
}

export function testSentence(name: string, { value, error, sinceMs }: Tested): Said {
  if (sinceMs !== null) {
    return { glyph: 'running', tone: 'running', sentence: `Asking ${name} nine questions.`, isMoving: true }
  }
  if (error !== null) return { glyph: 'failed', tone: 'failed', sentence: `${name} could not be tested.` }
  if (value === null) return { glyph: 'pending', tone: 'pending', sentence: `${name} was not tested yet.` }
  const failed = value.checks.find(({ outcome }) => outcome === 'failed')
  if (failed === undefined) return { glyph: 'done', tone: 'done', sentence: `${name} answers, and may be used.` }
  const answers = failed.name === 'reach' ? 'does not answer' : 'answers, but'
  return {
    glyph: 'failed',
    tone: 'failed',
    sentence:
      failed.name === 'reach'
        ? `${name} ${answers}.`
        : `${name} ${answers} ${CHECK_NAMES[failed.name].toLowerCase()} fails.`,
  }
}
