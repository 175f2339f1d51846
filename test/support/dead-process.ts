import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Identity } from '../../src/engine/ports.ts'
import { systemIdentity } from '../../src/host/system/identity.ts'
import { processStart } from '../../src/host/system/process-table.ts'

/** The identity of a process of this very host that has ended: a runner under it is dead at once. */
export async function deadIdentity(): Promise<Identity> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const pidStart = processStart(pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { ...systemIdentity('0.0.0-test'), operator: 'ghost', pid, pidStart }
}
