/** Linux' /proc: whether a process of this pid namespace still exists. A pid counts only together with its start time. */
import { readFileSync, readlinkSync } from 'node:fs'
import type { ProcessTable } from '../../engine/ports.ts'

export const systemProcesses: ProcessTable = {
  isAlive(pid, pidStart) {
    // Where /proc is missing, or hides other users' processes (not even process 1 is seen), nothing is known.
    if (bootId() === null || processStart(1) === null) return undefined
    return processStart(pid) === pidStart
  },
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; null where the process is gone or the platform has no /proc. */
export function processStart(pid: number): string | null {
  const stat = read(`/proc/${String(pid)}/stat`)
  // The command name in parentheses may itself hold spaces and parentheses. A zombie no longer runs.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return null
  return fields[19] ?? null
}

/** Differs after each restart of the machine; null where the platform does not tell. */
export function bootId(): string | null {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

/** Two containers may share host name and boot; their pids mean different processes. */
export function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
