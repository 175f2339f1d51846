/**
 * A log that is read when something went wrong: lines at the end of a file, which is put aside when it has grown. Several
 * processes may write the same one. Each line is written at once, so that the last one before an end is there.
 */
import { appendFileSync, renameSync, statSync } from 'node:fs'

const LOG_FILE_BYTES = 5 * 1_024 * 1_024
/** `console.log.1` is the newest of those that were put aside. */
const PUT_ASIDE = 2

/** Never throws: a disk that is full must not end what is being told about. */
export function createLogFile(file: string, limitBytes = LOG_FILE_BYTES): (line: string) => void {
  return (line) => {
    try {
      if (sizeOf(file) + line.length > limitBytes) putAside(file)
      appendFileSync(file, `${line}\n`, { mode: 0o600 })
    } catch {
      // What it is about is told elsewhere as well.
    }
  }
}

function putAside(file: string): void {
  const names = [file, ...Array.from({ length: PUT_ASIDE }, (_, index) => `${file}.${String(index + 1)}`)]
  for (let index = PUT_ASIDE; index > 0; index -= 1) {
    const [from = file, to = file] = [names[index - 1], names[index]]
    if (sizeOf(from) > 0) renameSync(from, to)
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
