/** Numbers for people. JSON and anything that a program reads keeps plain digits. */

/** `1 234 567`: groups of three, parted by a space. */
export function formatCount(value: number): string {
  const [whole = '', fraction] = String(Math.abs(value)).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ' ')
  return `${value < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

/** `~1 234 567` for what is known by estimate only. */
export function formatEstimate(value: number): string {
  return `~${formatCount(Math.round(value))}`
}

/** `1 row`, `2 345 rows`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`
}

/** `43.2 %`; rounded down, so that 100 is only shown where it is 100. */
export function formatPercent(percent: number): string {
  return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`
}

/** `12 345 rows/s`, `3.4 rows/s`. */
export function formatRate(rowsPerSecond: number): string {
  const rounded = rowsPerSecond >= 10 ? Math.round(rowsPerSecond) : Math.round(rowsPerSecond * 10) / 10
  return `${formatCount(rounded)} rows/s`
}
