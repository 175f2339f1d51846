/** same: each job as it is, behind its cursor. half: split first. rows: with sub-batches of one row, so that a row fails alone. */
export const RETRY_SIZES = ['same', 'half', 'rows'] as const

export type RetrySize = (typeof RETRY_SIZES)[number]
