import process from 'node:process'

/**
 * Dead code, asked twice: `knip` over everything, and `knip --production` over what runs without tests, where an entry or a
 * folder ends in `!`. There an export that only tests import is alive as long as its own module needs it.
 */
const isProduction = process.argv.includes('--production')

export default {
  entry: [
    'scripts/*.mjs',
    'src/cli/main.ts!',
    'src/host/start.ts!',
    'src/host/practice-sql.ts!',
    'src/host/utility-process.ts!',
    'src/catalogue/api.ts!',
    'src/host/testing/api.ts!',
    'resources/practice/**/*.ts!',
    '!resources/practice/**/*.test.ts!',
    'vite.renderer.config.ts!',
    'bench/*.ts',
    'dev/*.ts',
    'test/**/*.test.ts',
    'test/support/write-types.ts',
    'test/e2e/*/*.spec.ts',
    'test/e2e/web/*.shots.ts',
    'test/e2e/*/playwright.config.ts',
    'test/e2e/web/global-setup.ts',
  ],
  project: [
    'bin/**!',
    'scripts/**',
    'src/**!',
    'test/**',
    '!test/fixtures/**',
    'bench/**',
    'dev/**',
    'resources/practice/**!',
  ],
  ignoreExportsUsedInFile: isProduction || { interface: true, type: true },
  ignoreDependencies: ['svelte-check', '@fontsource-variable/ibm-plex-sans', '@fontsource/ibm-plex-mono'],
}
