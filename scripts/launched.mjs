/** Loaded first into every process that a launcher starts: makes launcher and process look like one. */
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'

/**
 * One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. A program that takes the
 * second one for impatience must see only one, so repetitions within this time are dropped.
 */
const SAME_SIGNAL_MS = 500
const PARENT_CHECK_MS = 1_000

function collapseSignals() {
  const lastSeen = new Map()
  const emit = process.emit
  /** @type {(this: NodeJS.Process, name: string | symbol, ...values: unknown[]) => boolean} */
  function emitOnce(name, ...values) {
    if (name !== 'SIGINT' && name !== 'SIGTERM' && name !== 'SIGHUP')
      return Reflect.apply(emit, this, [name, ...values])
    const now = performance.now()
    const isRepetition = now - (lastSeen.get(name) ?? -Infinity) < SAME_SIGNAL_MS
    if (isRepetition) return true
    lastSeen.set(name, now)
    return Reflect.apply(emit, this, [name, ...values])
  }
  Object.assign(process, { emit: emitOnce })
}

/** A launcher that was killed can't pass anything on: then we stop as if it had asked us to. */
function stopWithLauncher() {
  const launcher = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === launcher) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

if (isMainThread) {
  collapseSignals()
  stopWithLauncher()
}
