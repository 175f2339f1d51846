/** `npm run bench`: the engine's throughput against three baselines. Arguments: `npm run bench -- --rows 200000 --rounds 1`. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.exitCode = await runPinned('bench/throughput.ts', process.argv.slice(2))
