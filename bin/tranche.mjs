#!/usr/bin/env node
/** The command line's launcher: plain JavaScript for any Node >= 20, before anything is installed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { refuse, ROOT } from '../scripts/pinned-node.mjs'
import { runPinned } from '../scripts/run-pinned.mjs'

if (!existsSync(join(ROOT, 'node_modules'))) {
  refuse(`nothing is installed yet. Run "npm ci" in ${ROOT} first ("npm start" does it by itself).`)
}
process.exitCode = await runPinned('src/cli/main.ts', process.argv.slice(2))
