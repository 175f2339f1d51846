/** A window of the built console over data of its own. Skipped, and said why, where no runtime is. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron, type ElectronApplication, expect, type Page, test as base } from '@playwright/test'
import { findPresentRuntime } from '../../../src/host/console/find-runtime.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What is there; nothing is fetched for a test. */
const runtime = await findPresentRuntime(
  { env: process.env, platform: process.platform },
  join(ROOT, 'node_modules/electron'),
)
const why = reasonOf(runtime)
if (why !== null) console.log(`The tests in real Electron are skipped: ${why}.`)

interface Console {
  readonly app: ElectronApplication
  readonly page: Page
}

export const test = base.extend<{ window: Console }>({
  // Playwright wants a pattern, even where nothing is taken from it.
  // eslint-disable-next-line no-empty-pattern
  window: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'tranche-electron-'))
    const app = await _electron.launch({
      executablePath: runtime.kind === 'found' ? runtime.program : '',
      args: [ROOT],
      env: { ...process.env, TRANCHE_HOME: folder },
    })
    await use({ app, page: await app.firstWindow() })
    await app.close()
    await rm(folder, { recursive: true, force: true })
  },
})

test.skip(why !== null, why ?? '')

export { expect }

function reasonOf(found: typeof runtime): string | null {
  if (process.platform === 'linux' && process.getuid?.() === 0) return 'Electron does not run as root'
  switch (found.kind) {
    case 'found':
      return null
    case 'none':
      return found.why
    case 'absent':
      return 'no runtime of Electron is installed (npx install-electron fetches one)'
  }
}
