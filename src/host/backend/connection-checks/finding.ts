/** What a question to a server found out. */
import type { TestCheck } from '../../../shared/connection-view.ts'

export type Finding = Pick<TestCheck, 'outcome' | 'detail' | 'remedy'>

export function holds(detail: string): Finding {
  return { outcome: 'holds', detail, remedy: null }
}

export function note(detail: string, remedy: string | null = null): Finding {
  return { outcome: 'note', detail, remedy }
}

export function failed(detail: string, remedy: string): Finding {
  return { outcome: 'failed', detail, remedy }
}
