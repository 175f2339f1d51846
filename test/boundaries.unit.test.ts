import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import config from '../.dependency-cruiser.mjs'

const CRUISER = fileURLToPath(new URL('../node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('../.dependency-cruiser.mjs', import.meta.url))

/** One violation for each rule: the file that has it, and its source. */
const VIOLATIONS: Record<string, readonly [file: string, source: string]> = {
  'no-cycles': ['src/host/cycle-back.ts', `import './cycle.ts'`],
  'no-missing': ['src/host/missing.ts', `import './nowhere.ts'`],
  'declared-packages-only': ['src/host/hoisted.ts', `import 'undeclared'`],
  'shared-imports': ['src/shared/a.ts', `import '../engine/here.ts'`],
  'engine-imports': ['src/engine/a.ts', `import '../storage/here.ts'`],
  'engine-imports-types-of-catalogue': ['src/engine/b.ts', `import '../catalogue/here.ts'`],
  'catalogue-imports': ['src/catalogue/a.ts', `import '../host/here.ts'`],
  'catalogue-imports-types-of-engine': ['src/catalogue/b.ts', `import '../engine/here.ts'`],
  'storage-imports': ['src/storage/a.ts', `import type {} from '../host/here.ts'`],
  'storage-imports-types-of-engine': ['src/storage/b.ts', `import '../engine/here.ts'`],
  'host-imports': ['src/host/a.ts', `import '../cli/here.ts'`],
  'cli-imports': ['src/cli/a.ts', `import '../main/here.ts'`],
  'main-imports': ['src/main/a.ts', `import '../host/here.ts'`],
  'preload-imports': ['src/preload/a.ts', `import '../main/here.ts'`],
  'preload-imports-types-of-shared': ['src/preload/b.ts', `import '../shared/here.ts'`],
  'renderer-imports': ['src/renderer/src/A.svelte', `<script>import '../../engine/here.ts'</script>`],
  'shared-packages': ['src/shared/b.ts', `import 'node:fs'`],
  'package-pg': ['src/storage/c.ts', `import 'pg'`],
  'package-amaro': ['src/engine/d.ts', `import 'amaro'`],
  'package-es-module-lexer': ['src/engine/e.ts', `import 'es-module-lexer'`],
  'package-better-sqlite3': ['src/engine/f.ts', `import 'better-sqlite3'`],
  'package-electron': ['src/engine/g.ts', `import 'electron'`],
  'package-svelte': ['src/host/b.ts', `import 'svelte'`],
  'package-zustand': ['src/engine/h.ts', `import 'zustand'`],
  'features-are-apart': [
    'src/renderer/src/features/one/One.svelte',
    `<script lang="ts">import '../two/here.ts'</script>`,
  ],
  'launchers-need-nothing': ['scripts/a.mjs', `import 'zod'`],
  'practice-is-a-catalogue': ['resources/practice/a.ts', `import '../../src/engine/here.ts'`],
  'practice-tests-are-an-authors': ['resources/practice/b.test.ts', `import '../../src/engine/here.ts'`],
}

/** What the same rules let pass. */
const ALLOWED: Record<string, string> = {
  'resources/practice/allowed.test.ts': `import 'node:http'`,
  'src/engine/allowed.ts': `import 'pg'; import '../shared/here.ts'; import type {} from '../catalogue/here.ts'`,
  'src/preload/allowed.ts': `import 'electron'; import type {} from '../shared/here.ts'`,
  'src/main/allowed.ts': `import 'electron'; import '../host/utility-process.ts'`,
  'src/renderer/src/features/one/allowed.ts': `import './here.ts'; import 'svelte'`,
  'resources/practice/allowed.ts': `import 'node:crypto'; import '../../src/catalogue/api.ts'`,
  'scripts/allowed.mjs': `import 'node:fs'`,
}

const PARTS = ['shared', 'engine', 'catalogue', 'storage', 'host', 'cli', 'main', 'preload', 'renderer']

/** What is imported above. */
const TARGETS = {
  ...Object.fromEntries(PARTS.map((part) => [`src/${part}/here.ts`, ''])),
  'src/host/cycle.ts': `import './cycle-back.ts'`,
  'src/host/utility-process.ts': '',
  'src/catalogue/api.ts': '',
  'src/renderer/src/features/one/here.ts': '',
  'src/renderer/src/features/two/here.ts': '',
}

const PACKAGES = ['zod', 'pg', 'pgpass', 'amaro', 'es-module-lexer', 'better-sqlite3', 'electron', 'svelte', 'zustand']

let checkout: string
let violations: ICruiseResult['summary']['violations']

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'tranche-boundaries-'))
  await Promise.all(Object.entries(checkoutFiles()).map(([path, text]) => write(join(checkout, path), text)))
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', 'src', 'scripts', 'resources']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: checkout, maxBuffer: 2 ** 26 })
  const { summary } = JSON.parse(stdout) as ICruiseResult // as --output-type says
  violations = summary.violations
})

afterAll(() => rm(checkout, { recursive: true }))

function checkoutFiles(): Record<string, string> {
  const manifest = { dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])) }
  return {
    'package.json': JSON.stringify(manifest),
    'tsconfig.json': '{}',
    ...Object.fromEntries([...PACKAGES, 'undeclared'].map((name) => [`node_modules/${name}/index.js`, ''])),
    ...TARGETS,
    ...ALLOWED,
    ...Object.fromEntries(Object.values(VIOLATIONS)),
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function rulesBrokenBy(file: string): readonly string[] {
  return violations.flatMap(({ from, rule }) => (from === file ? [rule.name] : []))
}

it('has a violation here for each rule', () => {
  expect(Object.keys(VIOLATIONS).sort()).toEqual(config.forbidden.map(({ name }) => name).sort())
})

it.each(Object.entries(VIOLATIONS))('%s is enforced', (rule, [file]) => {
  expect(rulesBrokenBy(file)).toContain(rule)
})

it.each(Object.keys(ALLOWED))('%s breaks none', (file) => {
  expect(rulesBrokenBy(file)).toEqual([])
})
