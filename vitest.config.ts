import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

const shared = {
  // Definitions import 'tranche', as their authors write it.
  resolve: { alias: { tranche: fileURLToPath(new URL('src/catalogue/api.ts', import.meta.url)) } },
  test: {
    environment: 'node',
    // A deadline against hanging, not a measure: no test may depend on how fast this machine is, or on what else it does.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 300_000 } },
    maxWorkers: 2,
    // Nowhere but in CI: there a test that passes on its second try is reported, and does not hold up the rest.
    retry: Number(process.env.TRANCHE_TEST_RETRIES ?? 0),
  },
} as const

const database = {
  ...shared.test,
  globalSetup: ['test/support/global-setup.ts'],
}

export default defineConfig({
  test: {
    projects: [
      { ...shared, test: { ...shared.test, name: 'unit', include: ['test/**/*.unit.test.ts'] } },
      {
        plugins: [svelte({ configFile: fileURLToPath(new URL('svelte.config.js', import.meta.url)) }), svelteTesting()],
        test: {
          ...shared.test,
          name: 'renderer',
          environment: 'jsdom',
          // One page for all files; each test empties it.
          isolate: false,
          include: ['test/renderer/**/*.component.test.ts'],
          setupFiles: ['test/renderer/support/page-setup.ts'],
        },
      },
      {
        ...shared,
        test: {
          ...database,
          name: 'database',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{unit,component}.test.ts', 'test/long/**', 'test/fixtures/**'],
        },
      },
      {
        ...shared,
        test: { ...database, name: 'long', include: ['test/long/**/*.test.ts'], testTimeout: 30 * 60_000 },
      },
    ],
  },
})
