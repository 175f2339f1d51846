/** `npm run bench:join-shape`: which form of SQL a join backfill should have. Arguments as bench/join-shape.ts says. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.exitCode = await runPinned('bench/join-shape.ts', process.argv.slice(2))
