/** Browser specs through the real web host. Deadlines are against hanging; no spec asserts a time. */
import { defineConfig } from '@playwright/test'
import { findChromium } from '../../../scripts/find-chromium.mjs'

const executablePath = findChromium()

export default defineConfig({
  testDir: '.',
  globalSetup: './global-setup.ts',
  outputDir: '../../../out/e2e',
  reporter: [['list']],
  // Each spec has servers of its own.
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  retries: Number(process.env.TRANCHE_TEST_RETRIES ?? 0),
  forbidOnly: process.env.CI !== undefined,
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    actionTimeout: 60_000,
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath === null ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'web', testMatch: '*.spec.ts', fullyParallel: true },
    // One after the other: the sheets show what was taken before.
    { name: 'screenshots', testMatch: '*.shots.ts' },
  ],
})
