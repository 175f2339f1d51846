/**
 * `npm test`: installs what is missing, then every test. A first argument narrows it to a part (`unit`, `engine`,
 * `long`); the others go to vitest: `npm test -- -t 'a leased table'`.
 */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

const ALL = ['--project', 'unit', '--project', 'database']

/** @type {Record<string, string[]>} */
const PARTS = {
  unit: ['--project', 'unit'],
  engine: ['--project', 'database', 'test/engine'],
  long: ['--project', 'long'],
}

const args = process.argv.slice(2)
const named = PARTS[args[0] ?? '']
const selection = named === undefined ? [...ALL, ...args] : [...named, ...args.slice(1)]
await ensureInstalled()
process.exitCode = await runPinned('node_modules/vitest/vitest.mjs', ['run', ...selection])
