/** Times for people, in the zone of the machine that shows them; the whole of it stands in a title. */
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })
const FULL = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' })
const ZONE = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })

type Time = number | string

const dateOf = (time: Time): Date => new Date(time)

export const clockTime = (time: Time): string => CLOCK.format(dateOf(time))
export const dayOf = (time: Time): string => DAY.format(dateOf(time))

export function zoneName(): string {
  return ZONE.formatToParts(new Date()).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

export function fullTime(time: Time): string {
  return `${FULL.format(dateOf(time))} ${zoneName()}`
}

/** `14:02:05` on the day of `from`, else with its date and zone. */
export function timeSeenFrom(time: Time, from: Time): string {
  return dateOf(time).toDateString() === dateOf(from).toDateString() ? clockTime(time) : fullTime(time)
}

/** `14:02` on the day of `nowMs`, else `20 Nov`. */
export function shortTime(time: Time, nowMs: number): string {
  const date = dateOf(time)
  return date.toDateString() === new Date(nowMs).toDateString() ? clockTime(date.getTime()).slice(0, 5) : dayOf(time)
}

/** `4 s`, `6 m`, `2 h`, `3 d`: how old something is. */
export function ageOf(time: Time, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - dateOf(time).getTime()) / 1_000))
  if (seconds < 60) return `${String(seconds)} s`
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))} m`
  if (seconds < 86_400) return `${String(Math.floor(seconds / 3_600))} h`
  return `${String(Math.floor(seconds / 86_400))} d`
}
