/** A process of this machine, so that another one that gets its number later is not taken for it. */
import { processStart, systemProcesses } from './process-table.ts'

export interface ProcessMark {
  readonly pid: number
  /** null where the platform does not tell it; then the number alone has to do. */
  readonly pidStart: string | null
}

export function markOf(pid: number): ProcessMark {
  return { pid, pidStart: processStart(pid) }
}

export function isRunning({ pid, pidStart }: ProcessMark): boolean {
  const isAlive = pidStart === null ? undefined : systemProcesses.isAlive(pid, pidStart)
  return isAlive ?? isThere(pid)
}

/** It may run as another user, whom we may not signal. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
