/** `npm run test:electron`: builds the console and drives it in real Electron, where a runtime is there; says where not. */
import { ensureInstalled } from './installation.mjs'
import { ROOT } from './pinned-node.mjs'
import { runPinned } from './run-pinned.mjs'

await ensureInstalled()
process.chdir(ROOT)
const built = await runPinned('node_modules/electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn'])
const config = ['--config', 'test/e2e/electron/playwright.config.ts']
process.exitCode =
  built === 0
    ? await runPinned('node_modules/@playwright/test/cli.js', ['test', ...config, ...process.argv.slice(2)])
    : built
