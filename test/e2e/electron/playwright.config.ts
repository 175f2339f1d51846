/** The console in real Electron. `npm run test:electron` builds it first, and says where there is no runtime. */
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  workers: 1,
  timeout: 120_000,
  reporter: 'list',
  outputDir: '../../../out/test-electron',
})
