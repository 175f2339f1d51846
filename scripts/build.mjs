/** `npm run build`: main, preload, backend and page of the Electron console into out/. */
import { ensureInstalled } from './installation.mjs'
import { ROOT } from './pinned-node.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
// electron-vite reads package.json from where it is called.
process.chdir(ROOT)
process.exitCode = await runPinned('node_modules/electron-vite/bin/electron-vite.js', [
  'build',
  ...process.argv.slice(2),
])
