/** Whether node_modules is what package-lock.json says, and how it gets so. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPinnedNode, refuse, ROOT } from './pinned-node.mjs'

/** Installs the locked dependencies when they are missing or stale. Ends the process when npm can't. */
export async function ensureInstalled() {
  if (isInstalled(ROOT)) return
  console.log('Installing the locked dependencies (npm ci)')
  const code = await runNpm([
    'ci',
    '--no-audit',
    '--no-fund',
    // npm itself runs on whatever Node there is, and would complain once per package that Node is old.
    '--loglevel=error',
    // Whatever the user's npm leaves out: Node and PostgreSQL are optional dependencies, the test runner is a dev one.
    '--include=optional',
    '--include=dev',
  ])
  if (code !== 0) refuse(`"npm ci" ended with ${String(code)}; what it printed above says why.`)
  recordInstallation(ROOT)
}

/** @param {string} root of the checkout */
export function isInstalled(root) {
  if (findPinnedNode({ root }) === null) return false
  // Whatever was remembered: somebody may have deleted some of it.
  if (findMissing(root, ['dependencies', 'devDependencies']) !== null) return false
  if (readText(markerFile(root)) === fingerprint(root)) return true
  // Installed by hand, with npm ci.
  if (!agreesWithLock(root, { needsDev: true })) return false
  recordInstallation(root)
  return true
}

/**
 * Why the command line cannot start over what is installed, as a sentence; null: it can. It needs nothing that is there for
 * development alone.
 *
 * @param {string} root of the checkout
 */
export function whyNotRunnable(root) {
  const missing = findMissing(root, ['dependencies'])
  if (missing !== null) return `the installation is incomplete: there is no ${missing}.`
  // A packed application brings no lock; what it has is what it was packed with.
  if (!existsSync(join(root, 'package-lock.json')) || readText(markerFile(root)) === fingerprint(root)) return null
  return agreesWithLock(root, { needsDev: false }) ? null : 'what is installed is not what package-lock.json says.'
}

/**
 * The first direct dependency that is not there; null: each is.
 *
 * @param {string} root
 * @param {readonly string[]} kinds
 * @returns {string | null}
 */
function findMissing(root, kinds) {
  const manifest = JSON.parse(readText(join(root, 'package.json')) ?? '{}')
  const names = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))
  return names.find((name) => !existsSync(join(root, 'node_modules', name, 'package.json'))) ?? null
}

/** @param {string} root of the checkout */
export function recordInstallation(root) {
  try {
    writeFileSync(markerFile(root), fingerprint(root))
  } catch {
    // A read-only checkout is looked at more closely each time.
  }
}

/** Changes with the dependencies and with the machine: a copied node_modules has the wrong binaries. */
function fingerprint(/** @type {string} */ root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`)
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)))
  return `${hash.digest('hex')}\n`
}

/**
 * npm keeps a lock of what it really unpacked; only optional packages of other platforms may be missing from it.
 *
 * @param {string} root
 * @param {{ needsDev: boolean }} needs
 */
function agreesWithLock(root, { needsDev }) {
  const wanted = readLock(join(root, 'package-lock.json'))
  const found = readLock(join(root, 'node_modules/.package-lock.json'))
  if (wanted === null || found === null) return false
  const manifest = JSON.parse(readText(join(root, 'package.json')) ?? '{}')
  const isLocked = ['dependencies', 'devDependencies', 'optionalDependencies'].every(
    (kind) => JSON.stringify(manifest[kind]) === JSON.stringify(wanted['']?.[kind]),
  )
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)].filter((name) => name !== ''))
  const mayMiss = (/** @type {LockedPackage | undefined} */ locked) =>
    locked?.optional === true || (!needsDev && (locked?.dev === true || locked?.devOptional === true))
  return (
    isLocked &&
    [...names].every((name) => (found[name] === undefined ? mayMiss(wanted[name]) : isSame(wanted[name], found[name])))
  )
}

/**
 * @param {LockedPackage | undefined} wanted
 * @param {LockedPackage} found
 */
function isSame(wanted, found) {
  return wanted !== undefined && wanted.version === found.version && wanted.integrity === found.integrity
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean, devOptional?: boolean }} LockedPackage
 * @param {string} file
 * @returns {Record<string, LockedPackage & Record<string, unknown>> | null}
 */
function readLock(file) {
  const text = readText(file)
  return text === null ? null : (JSON.parse(text).packages ?? null)
}

function markerFile(/** @type {string} */ root) {
  return join(root, 'node_modules/.tranche-lock')
}

function readText(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/**
 * The npm that runs us, else the one on PATH; never under a Node in the node_modules that it is about to replace.
 *
 * @param {string[]} args
 * @returns {Promise<number | string | null>} 0, or how it ended
 */
function runNpm(args) {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env
  const isOurs = npm !== undefined && node !== undefined
  return new Promise((resolve) => {
    const child = isOurs
      ? spawn(node, [npm, ...args], { cwd: ROOT, stdio: 'inherit' })
      : spawn('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' })
    child.on('error', (error) => refuse(`npm can't be run (${error.message}).`))
    child.on('exit', (code, signal) => resolve(code ?? signal))
  })
}
