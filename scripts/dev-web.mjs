/** `npm run dev:web`: the page with its changes as they are made, over the real backend. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.exitCode = await runPinned('dev/web.ts', process.argv.slice(2))
