/** Thresholds of the health indicators as a form shows them: one field each, empty is off, bytes in MiB. */
import { HealthSettings } from '../../../../shared/health-settings.ts'

type Limit = Exclude<keyof HealthSettings, 'isAutovacuumWatched'>

interface Field {
  readonly name: Limit
  readonly label: string
  readonly unit: 'MiB' | 'MiB/s' | 's' | 'segments' | 'transactions'
  readonly note: string
}

const MIB = 1024 ** 2

export const THRESHOLDS: readonly Field[] = [
  { name: 'holdSeconds', label: 'a hold lasts', unit: 's', note: 'at most; it ends earlier when the signal clears' },
  { name: 'maxLagSeconds', label: 'replication lag', unit: 's', note: 'of the slowest replica' },
  { name: 'maxLagBytes', label: 'replication lag', unit: 'MiB', note: 'of the slowest replica' },
  { name: 'minSafeWalBytes', label: 'slots, WAL left', unit: 'MiB', note: 'below it a slot may lose its WAL' },
  { name: 'maxRetainedWalBytes', label: 'slots, WAL kept', unit: 'MiB', note: 'for a slot that nobody reads' },
  { name: 'maxArchiveSegments', label: 'WAL archive', unit: 'segments', note: 'finished, and not archived yet' },
  { name: 'maxWalBytesPerSecond', label: 'WAL rate', unit: 'MiB/s', note: 'of the whole server' },
  { name: 'maxLockWaitSeconds', label: 'lock waits', unit: 's', note: 'of others, for a sub-batch of ours' },
  { name: 'maxTransactionSeconds', label: 'long transactions', unit: 's', note: 'of anybody' },
  { name: 'maxXminAge', label: 'xmin age', unit: 'transactions', note: 'what cannot be reclaimed meanwhile' },
]

export interface ThresholdsForm {
  isAutovacuumWatched: boolean
  readonly values: Record<Limit, string>
}

const isInMib = ({ unit }: Field): boolean => unit.startsWith('MiB')

export function formOf(settings: HealthSettings): ThresholdsForm {
  const values = THRESHOLDS.map((field) => {
    const value = settings[field.name]
    return [field.name, value === null ? '' : String(isInMib(field) ? value / MIB : value)]
  })
  return {
    isAutovacuumWatched: settings.isAutovacuumWatched,
    values: Object.fromEntries(values) as ThresholdsForm['values'], // one for each field
  }
}

/** The settings, or the fields that do not hold a number. */
export function settingsOf({
  isAutovacuumWatched,
  values,
}: ThresholdsForm): { readonly settings: HealthSettings } | { readonly wrong: ReadonlySet<string> } {
  const read = THRESHOLDS.map((field) => [field.name, numberOf(field, values[field.name].trim())])
  const parsed = HealthSettings.safeParse({ ...Object.fromEntries(read), isAutovacuumWatched })
  if (parsed.success) return { settings: parsed.data }
  return { wrong: new Set(parsed.error.issues.map(({ path }) => String(path[0]))) }
}

/** NaN is refused by the schema. */
function numberOf(field: Field, text: string): number | null {
  if (text === '') return null
  const isNumber = isInMib(field) ? /^\d+(\.\d+)?$/.test(text) : /^\d+$/.test(text)
  if (!isNumber) return NaN
  return isInMib(field) ? Math.round(Number(text) * MIB) : Number(text)
}
