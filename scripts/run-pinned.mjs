import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { getPinnedNode, refuse, ROOT } from './pinned-node.mjs'

/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** For whatever an engine runs in: short-lived answers fill the young generation, and a small one keeps the process small. */
export const ENGINE_FLAGS = ['--max-semi-space-size=4']

/**
 * Runs a module of the checkout under the pinned Node, with our terminal, and resolves with its exit code (128 + signal
 * where it was killed). We outlive it: whoever waits for us waits for it.
 *
 * @param {string} file relative to the checkout
 * @param {readonly string[]} args
 * @param {readonly string[]} nodeFlags
 * @returns {Promise<number>}
 */
export function runPinned(file, args, nodeFlags = []) {
  return new Promise((resolve) => {
    const node = getPinnedNode()
    const preload = pathToFileURL(join(ROOT, 'scripts/launched.mjs')).href
    // Types are stripped and code is compiled once per change, not at each start; where it can't be written there is none.
    const env = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node'), ...process.env }
    // Older pinned versions (macOS) still call type stripping experimental.
    const flags = ['--disable-warning=ExperimentalWarning', `--import=${preload}`, ...nodeFlags]
    const child = spawn(node, [...flags, join(ROOT, file), ...args], { stdio: 'inherit', env })
    // Each signal is passed on, because it may be meant for us alone. When it went to the whole process group (Ctrl-C)
    // the child has it already and launched.mjs drops ours. On Windows passing on would be killing.
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => process.platform !== 'win32' && child.kill(signal)
    for (const signal of SIGNALS) process.on(signal, forward)
    child.on('error', (error) => refuse(`${node} can't be run (${error.message}).`))
    child.on('exit', (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
