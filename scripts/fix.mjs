/** `npm run fix`: what tools can put right by themselves. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
const lint = await runPinned('node_modules/eslint/bin/eslint.js', ['--fix', '.'])
const format = await runPinned('node_modules/prettier/bin/prettier.cjs', ['--write', '--log-level=warn', '.'])
process.exitCode = lint === 0 ? format : lint
