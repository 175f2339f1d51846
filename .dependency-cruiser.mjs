/**
 * The import table of ARCHITECTURE.md, as rules. Edges of types count too, but separately: `→ types` in the table
 * means `import type` only, which leaves nothing at run time.
 */
const TYPES_ONLY = 'type-only'

/** By its path alone (`?modulePath`, which lint demands): electron-vite builds it as a program of its own. */
const BACKEND_PROGRAM = '^src/host/utility-process\\.ts$'

/**
 * What each part of src/ may import from the others; a name in `types` by its types only.
 *
 * @type {Record<string, { code: string[], types: string[] }>}
 */
const ALLOWED = {
  shared: { code: [], types: [] },
  engine: { code: ['shared'], types: ['catalogue'] },
  catalogue: { code: ['shared'], types: ['engine'] },
  storage: { code: ['shared'], types: ['engine'] },
  host: { code: ['shared', 'engine', 'catalogue', 'storage'], types: [] },
  cli: { code: ['shared', 'engine', 'catalogue', 'storage', 'host'], types: [] },
  main: { code: ['shared'], types: [] },
  preload: { code: [], types: ['shared'] },
  renderer: { code: ['shared'], types: [] },
}

function partRules(/** @type {[string, { code: string[], types: string[] }]} */ [part, { code, types }]) {
  const own = [part, ...code]
  return [
    {
      name: `${part}-imports`,
      comment: `src/${part} imports ${own.join(', ')}${types.length > 0 ? `, and types of ${types.join(', ')}` : ''} only.`,
      severity: 'error',
      from: { path: `^src/${part}/` },
      to: {
        path: '^(src|test|bench|bin|scripts|resources)/',
        pathNot: [folders([...own, ...types]), ...(part === 'main' ? [BACKEND_PROGRAM] : [])],
      },
    },
    ...types.map((other) => ({
      name: `${part}-imports-types-of-${other}`,
      comment: `src/${part} needs ${other} as "import type" only.`,
      severity: 'error',
      from: { path: `^src/${part}/` },
      to: { path: folders([other]), dependencyTypesNot: [TYPES_ONLY] },
    })),
  ]
}

function folders(/** @type {readonly string[]} */ names) {
  return `^src/(${names.join('|')})/`
}

/** Packages by the only parts that may import them. */
function packageRule(/** @type {[string, string[]]} */ [name, parts]) {
  return {
    name: `package-${name}`,
    comment: `Only ${parts.join(', ')} may import ${name}.`,
    severity: 'error',
    from: { path: '^src/', pathNot: parts.map((part) => `^src/${part}`) },
    to: { path: `(^|/)node_modules/${name}/` },
  }
}

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no order in which it can be read. Types may point both ways.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: [TYPES_ONLY] } },
    },
    { name: 'no-missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-packages-only',
      comment: 'What npm happens to hoist is not a dependency; src/ runs without the dev ones.',
      severity: 'error',
      from: { path: '^(src|bin|scripts|resources)/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: [TYPES_ONLY],
        // Not loaded but brought by its host; packagers want it among the dev ones.
        pathNot: '(^|/)node_modules/electron/',
      },
    },
    ...Object.entries(ALLOWED).flatMap(partRules),
    {
      name: 'shared-packages',
      comment: 'src/shared is types and pure functions: it imports zod only.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'core'], pathNot: '(^|/)node_modules/zod/' },
    },
    ...Object.entries({
      pg: ['engine/', 'host/', 'cli/'],
      amaro: ['catalogue/'],
      'es-module-lexer': ['catalogue/'],
      'better-sqlite3': ['storage/'],
      electron: ['main/', 'preload/', 'host/utility-process\\.ts$'],
      svelte: ['renderer/'],
      zustand: ['host/', 'renderer/'],
    }).map(packageRule),
    {
      name: 'features-are-apart',
      comment: 'A renderer feature never imports another feature.',
      severity: 'error',
      from: { path: '^src/renderer/src/features/([^/]+)/' },
      to: { path: '^src/renderer/src/features/', pathNot: '^src/renderer/src/features/$1/' },
    },
    {
      name: 'launchers-need-nothing',
      comment: 'bin/ and scripts/ run before anything is installed: built-in modules and each other.',
      severity: 'error',
      from: { path: '^(bin|scripts)/' },
      to: { pathNot: '^scripts/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'practice-is-a-catalogue',
      comment:
        'The practice catalogue imports what an author may: tranche, node:crypto, its own files, and what its package.json lists.',
      severity: 'error',
      from: { path: '^resources/practice/', pathNot: '\\.test\\.ts$' },
      to: {
        pathNot:
          '^(resources/practice/|src/catalogue/api\\.ts$|(node:)?crypto$|node_modules/(ajv|js-yaml|@types/js-yaml)/)',
      },
    },
    {
      name: 'practice-tests-are-an-authors',
      comment:
        'Its tests import what an author’s tests may: tranche/testing, the catalogue’s own files, and Node itself.',
      severity: 'error',
      from: { path: '^resources/practice/.*\\.test\\.ts$' },
      to: { pathNot: '^(resources/practice/|src/(catalogue|host/testing)/api\\.ts$)', dependencyTypesNot: ['core'] },
    },
  ],
  options: {
    // Without it an `import type` would not be an edge at all.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // What authors are given; its imports lead where it is written to.
    exclude: { path: '^resources/(types|skeleton)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
