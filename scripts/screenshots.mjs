/** `npm run screenshots`: every screen in both themes into docs/screens, with one sheet of all of them. */
import { CHROMIUM_REMEDY } from './find-chromium.mjs'
import { ensureInstalled } from './installation.mjs'
import { runInChromium } from './web-tests.mjs'

await ensureInstalled()
const code = await runInChromium('screenshots', process.argv.slice(2))
if (code === null) console.error(`No Chromium was found. ${CHROMIUM_REMEDY}`)
process.exitCode = code ?? 1
