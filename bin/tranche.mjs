#!/usr/bin/env node
/** The command line's launcher: plain JavaScript for any Node >= 20, before anything is installed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { whyNotRunnable } from '../scripts/installation.mjs'
import { getPinnedNode, refuse, ROOT } from '../scripts/pinned-node.mjs'
import { ENGINE_FLAGS, runPinned } from '../scripts/run-pinned.mjs'

if (!existsSync(join(ROOT, 'node_modules'))) advise('nothing is installed yet.')
getPinnedNode()
const why = whyNotRunnable(ROOT)
if (why !== null) advise(why)
process.exitCode = await runPinned('src/cli/main.ts', process.argv.slice(2), ENGINE_FLAGS)

/** @param {string} reason */
function advise(reason) {
  refuse(`${reason} Run "npm ci" in ${ROOT} first ("npm start" does it by itself).`)
}
