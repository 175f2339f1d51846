/** `npm run check`: everything that needs no database. Stops at the first step that fails. `-- --static` runs no test. */
import { ensureInstalled } from './installation.mjs'
import { runPinned } from './run-pinned.mjs'

/** @type {[name: string, program: string, args: string[]][]} */
const STEPS = [
  ['types', 'node_modules/typescript/bin/tsc', []],
  ['page', 'node_modules/svelte-check/bin/svelte-check', ['--tsconfig', 'tsconfig.web.json', '--output', 'human']],
  ['lint', 'node_modules/eslint/bin/eslint.js', ['--max-warnings=0', '.']],
  ['format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']],
  [
    'boundaries',
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    ['src', 'resources', 'bin', 'scripts', 'test'],
  ],
  ['dead code', 'node_modules/knip/bin/knip.js', []],
  ['dead without its tests', 'node_modules/knip/bin/knip.js', ['--production']],
  ['rules', 'scripts/check-rules.mjs', []],
  ['unit', 'node_modules/vitest/vitest.mjs', ['run', '--project', 'unit', '--project', 'renderer']],
]

await ensureInstalled()
const isStatic = process.argv.includes('--static')
for (const [name, program, args] of STEPS) {
  if (isStatic && name === 'unit') continue
  const begin = performance.now()
  const code = await runPinned(program, args)
  const seconds = ((performance.now() - begin) / 1_000).toFixed(1)
  console.log(`${code === 0 ? '✓' : '✗'} ${name} ${seconds} s`)
  if (code !== 0) {
    process.exitCode = code
    break
  }
}
