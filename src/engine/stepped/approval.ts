/** What an operator has to agree to before a migration may run, and whether somebody did. */
import type { Operation } from '../../catalogue/stepped/definition.ts'
import type { RecordMetadata } from './records.ts'

/** What is lost for good, in words; null where no table is dropped. */
export function gateOf(operations: readonly Operation[]): string | null {
  const drops = operations.flatMap((operation) =>
    operation.kind === 'drop_table' ? [`drops the table ${operation.table}: ${operation.why}`] : [],
  )
  return drops.length === 0 ? null : drops.join('; ')
}

/** The gate where nobody has agreed to this very text of it; null: it may run. */
export function openGate(operations: readonly Operation[], { approved }: RecordMetadata): string | null {
  const gate = gateOf(operations)
  return gate === null || approved?.gate === gate ? null : gate
}
