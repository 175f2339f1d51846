import { type Hold, reasonOfHold } from '../../../shared/health.ts'
import { timeSeenFrom } from './time.ts'

/** `On hold until 14:43:18 — replica "r2" is 18 s behind (limit 10 s). Resumes by itself.`: one line, in the zone of this page. */
export function holdText(hold: Hold): string {
  const until = timeSeenFrom(hold.until, hold.since ?? Date.now())
  // What an indicator says names its subject itself; what a person wrote may not.
  return `On hold until ${until} — ${hold.indicator === null ? reasonOfHold(hold) : hold.reason}. Resumes by itself.`
}
