/**
 * `npm test`: installs what is missing, then every test. A first argument narrows it to a part (`unit`, `engine`,
 * `renderer`, `contract`, `long`, `web`); the others go to vitest, or to Playwright: `npm test -- -t 'a leased table'`.
 */
import { CHROMIUM_REMEDY } from './find-chromium.mjs'
import { ensureInstalled } from './installation.mjs'
import { memoryFolder } from './memory-folder.mjs'
import { runPinned } from './run-pinned.mjs'
import { runInChromium } from './web-tests.mjs'

const ALL = ['unit', 'renderer', 'database'].flatMap((project) => ['--project', project])

/** @type {Record<string, string[]>} */
const PARTS = {
  unit: ['--project', 'unit'],
  engine: ['--project', 'database', 'test/engine'],
  renderer: ['--project', 'renderer'],
  // One suite over every transport, and the envelope itself.
  contract: ['--project', 'unit', '--project', 'database', 'test/host/conformance', 'test/shared/rpc'],
  long: ['--project', 'long'],
}

const args = process.argv.slice(2)
const named = PARTS[args[0] ?? '']
await ensureInstalled()
// Everything temporary of a test goes there, unless somebody named a place.
const memory = memoryFolder()
if (memory !== null) process.env.TMPDIR ??= memory
if (args[0] === 'web') {
  process.exitCode = (await runInChromium('web', args.slice(1))) ?? complain()
} else {
  const selection = named === undefined ? [...ALL, ...args] : [...named, ...args.slice(1)]
  process.exitCode = await runPinned('node_modules/vitest/vitest.mjs', ['run', ...selection])
  if (args.length === 0) {
    const code = await runInChromium('web', [])
    if (code === null) console.log(`Skipped the browser tests: no Chromium was found. ${CHROMIUM_REMEDY}`)
    else process.exitCode ||= code
  }
}

function complain() {
  console.error(`No Chromium was found. ${CHROMIUM_REMEDY}`)
  return 1
}
