import { TrancheError } from '../shared/errors.ts'

/** `--job ID` as a filter. Throws usage where it is no id. */
export function parseJobId(text: string | undefined): { readonly jobId?: string } {
  if (text === undefined) return {}
  if (/^\d{1,18}$/.test(text)) return { jobId: text }
  throw new TrancheError('usage', `--job is ${JSON.stringify(text)}; expected the id of a job`, {
    remedy: 'tranche failures shows the ids.',
  })
}
