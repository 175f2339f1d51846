/** `npm start`: installs what is missing, then practice database and console. Arguments: `npm start -- --help`. */
import { ensureInstalled } from './installation.mjs'
import { ENGINE_FLAGS, runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.exitCode = await runPinned('src/host/start.ts', process.argv.slice(2), ENGINE_FLAGS)
