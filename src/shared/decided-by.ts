interface Entry {
  readonly kind: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What a runner decides by itself is not signed by whoever started the runner. */
const DECIDED_BY: Readonly<Record<string, string>> = {
  hold_ended: 'health',
  optimize: 'optimizer',
  planned_by_rows: 'runner',
  sub_batch_shrunk: 'runner',
  job_split: 'runner',
  run_ended: 'runner',
  finished: 'runner',
  failed: 'runner',
  finalizing_ended: 'runner',
}

/** null: a person did. */
export function decidedBy({ kind, details }: Entry): string | null {
  if (kind === 'hold') return details.indicator === null ? null : 'health'
  return DECIDED_BY[kind] ?? null
}
