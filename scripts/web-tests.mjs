import { findChromium } from './find-chromium.mjs'
import { runPinned } from './run-pinned.mjs'

const CONFIG = 'test/e2e/web/playwright.config.ts'

/**
 * Runs the specs (`web`) or the pictures (`screenshots`) in the machine's Chromium; null where there is none.
 *
 * @param {'web' | 'screenshots'} project
 * @param {readonly string[]} args for Playwright: `-g 'a reload'`
 * @returns {Promise<number | null>}
 */
export async function runInChromium(project, args) {
  if (findChromium() === null) return null
  return runPinned('node_modules/@playwright/test/cli.js', [
    'test',
    '--config',
    CONFIG,
    `--project=${project}`,
    ...args,
  ])
}
