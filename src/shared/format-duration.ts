/** Durations for people: `37 ms`, `1.92 s`, `42.0 s`, `2 m 05 s`, `1 h 05 m`, `3 d 04 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${String(Math.round(seconds * 1000))} ms`
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return pair({ whole, unit: 60, names: ['m', 's'] })
  const minutes = Math.round(whole / 60)
  if (minutes < 1440) return pair({ whole: minutes, unit: 60, names: ['h', 'm'] })
  return pair({ whole: Math.round(minutes / 60), unit: 24, names: ['d', 'h'] })
}

interface Pair {
  readonly whole: number
  readonly unit: number
  readonly names: readonly [string, string]
}

function pair({ whole, unit, names: [large, small] }: Pair): string {
  return `${String(Math.floor(whole / unit))} ${large} ${String(whole % unit).padStart(2, '0')} ${small}`
}

/** `38–46 min left`: a range in one unit, since more digits would claim more than is known. */
export function formatTimeLeft({ low, high }: { readonly low: number; readonly high: number }): string {
  if (high < 1) return 'less than 1 s left'
  const [unit, name] = high < 100 ? [1, 's'] : high < 100 * 60 ? [60, 'min'] : [3600, 'h']
  const from = Math.floor(low / unit)
  const to = Math.ceil(high / unit)
  return `${from === to ? String(to) : `${String(from)}–${String(to)}`} ${name} left`
}

/** `2026-11-20 14:02:05 UTC` from ISO text; seconds are exact enough for people. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}
