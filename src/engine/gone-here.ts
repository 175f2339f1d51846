import type { Identity, ProcessTable } from './ports.ts'

/** Who wrote a row, as it says itself. */
export interface ProcessRow {
  readonly host: string
  readonly boot_id: string | null
  readonly pid_namespace: string | null
  readonly pid: number
  readonly pid_start: string | null
}

/** Whether that process ran on this very host (same name, boot and pid namespace) and is known to be gone. */
export function isGoneHere(
  row: ProcessRow,
  { identity, processes }: { readonly identity: Identity; readonly processes: ProcessTable },
): boolean {
  const isSameHost =
    row.host === identity.host &&
    row.boot_id !== null &&
    row.boot_id === identity.bootId &&
    row.pid_namespace !== null &&
    row.pid_namespace === identity.pidNamespace
  return isSameHost && row.pid_start !== null && processes.isAlive(row.pid, row.pid_start) === false
}
