import { readFileSync, statfsSync } from 'node:fs'
import os from 'node:os'

const FOLDER = '/dev/shm'
const TMPFS = 0x01021994
const GIB = 2 ** 30
/** What the servers of a test run need at most, with their logs of what was written. */
const NEEDED = 6 * GIB

/**
 * A folder in memory with room for the servers of a test run, null where there is none. A test makes a database of hundreds
 * of files for itself; on a disk this takes more time than the test.
 *
 * @returns {string | null}
 */
export function memoryFolder() {
  try {
    const { type, bavail, bsize } = statfsSync(FOLDER)
    const memory = process.availableMemory?.() ?? os.freemem()
    const isRoomy = bavail * bsize >= NEEDED && memory >= NEEDED + 2 * GIB
    return type === TMPFS && isRoomy && mayExecute() ? FOLDER : null
  } catch {
    return null
  }
}

/** Binaries of a server are copied there too. */
function mayExecute() {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, folder]) => folder === FOLDER)
  return mount !== undefined && !(mount[3] ?? '').split(',').includes('noexec')
}
