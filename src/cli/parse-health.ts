/** `--health KEY=VALUE`: thresholds of the health indicators, as docs/health.md names them. */
import { TrancheError } from '../shared/errors.ts'
import type { HealthSettings } from '../shared/health-settings.ts'
import { parseWhole } from './flags.ts'
import { suggest } from './suggest.ts'

const KEYS = {
  'hold-seconds': 'holdSeconds',
  autovacuum: 'isAutovacuumWatched',
  'max-archive-segments': 'maxArchiveSegments',
  'max-wal-bytes-per-second': 'maxWalBytesPerSecond',
  'max-lag-bytes': 'maxLagBytes',
  'max-lag-seconds': 'maxLagSeconds',
  'min-safe-wal-bytes': 'minSafeWalBytes',
  'max-retained-wal-bytes': 'maxRetainedWalBytes',
  'max-lock-wait-seconds': 'maxLockWaitSeconds',
  'max-transaction-seconds': 'maxTransactionSeconds',
  'max-xmin-age': 'maxXminAge',
} as const satisfies Record<string, keyof HealthSettings>

const NAMES = Object.keys(KEYS)
const SECONDS_PER_DAY = 86_400

export const HEALTH_FLAG = {
  value: 'KEY=VALUE',
  help: 'a threshold of an indicator, or off (docs/health.md)',
  isRepeatable: true,
} as const

/** Throws usage on an unknown key, a repeated one, and a value that is neither a whole number nor `off`. */
export function parseHealth(pairs: readonly string[]): Partial<HealthSettings> {
  const settings: Partial<Record<keyof HealthSettings, number | boolean | null>> = {}
  for (const pair of pairs) {
    const [name = '', ...rest] = pair.split('=')
    const key = Object.hasOwn(KEYS, name) ? KEYS[name as keyof typeof KEYS] : undefined
    if (key === undefined || rest.length === 0) throw unknownKey(pair, name)
    if (key in settings) throw new TrancheError('usage', `--health ${name} is given twice`, { remedy: 'Give it once.' })
    settings[key] = parseValue(name, key, rest.join('='))
  }
  return settings as Partial<HealthSettings> // each key by parseValue, in its own type
}

function parseValue(name: string, key: keyof HealthSettings, value: string): number | boolean | null {
  if (key === 'isAutovacuumWatched') {
    if (value === 'on' || value === 'off') return value === 'on'
    throw new TrancheError('usage', `--health ${name} is ${JSON.stringify(value)}; expected on or off`, {
      remedy: `Write --health ${name}=off.`,
    })
  }
  if (key !== 'holdSeconds') return value === 'off' ? null : parseWhole(`--health ${name}`, value)
  const seconds = parseWhole(`--health ${name}`, value, 1)
  if (seconds <= SECONDS_PER_DAY) return seconds
  throw new TrancheError('usage', `--health ${name} is ${value}; expected at most ${String(SECONDS_PER_DAY)}`, {
    remedy: 'A hold ends early when its signal clears, and gets longer while it does not.',
  })
}

function unknownKey(pair: string, name: string): TrancheError {
  const near = suggest(name, NAMES)
  return new TrancheError('usage', `--health ${JSON.stringify(pair)} is not KEY=VALUE with a known key`, {
    remedy:
      near === null || near === name
        ? `Keys: ${NAMES.join(', ')}; as in max-lag-seconds=30.`
        : `Did you mean ${near}=…?`,
  })
}
