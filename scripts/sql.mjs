/** `npm run sql`: SQL by hand in the practice database, also where there is no psql. Arguments: `npm run sql -- --help`. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.exitCode = await runPinned('src/host/practice-sql.ts', process.argv.slice(2))
