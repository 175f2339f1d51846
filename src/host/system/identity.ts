import { hostname, userInfo } from 'node:os'
import type { Identity } from '../../engine/ports.ts'
import { bootId, pidNamespace, processStart } from './process-table.ts'

/** Who drives: the operating system's user on this host, in this process. */
export function systemIdentity(version: string): Identity {
  return {
    operator: operatorName(),
    host: hostname(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    pidStart: processStart(process.pid),
    version,
  }
}

function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // a uid without an entry in the user database, as containers have it
    return process.env.USER ?? `uid ${String(process.getuid?.() ?? '?')}`
  }
}
