import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

const NODE_GLOBALS = Object.fromEntries(
  ['clearInterval', 'console', 'performance', 'process', 'setInterval', 'URL'].map((name) => [name, 'readonly']),
)

/** What a hostile page would reach for has one place each, where its rules are. `shell` has none. */
const ELECTRON_PLACES = {
  'src/main/ipc.ts': ['ipcMain'],
  'src/main/window.ts': ['BrowserWindow'],
  'src/main/sealing.ts': ['safeStorage'],
  'src/main/index.ts': ['utilityProcess'],
  'src/preload/index.ts': ['contextBridge', 'ipcRenderer'],
}

function onlyElsewhere(/** @type {readonly string[]} */ own) {
  const guarded = [
    ...Object.values(ELECTRON_PLACES).flat(),
    'shell',
    'webContents',
    'WebContentsView',
    'BrowserView',
    'net',
  ]
  const importNames = guarded.filter((name) => !own.includes(name))
  const message = 'It has one place: see ELECTRON_PLACES in eslint.config.mjs.'
  const electron = { name: 'electron', importNames, message, allowTypeImports: true }
  const backend = {
    regex: 'utility-process\\.ts$',
    message: 'It is a program: take its path, with ?modulePath.',
  }
  /** @type {import('eslint').Linter.RulesRecord} */
  const rules = { '@typescript-eslint/no-restricted-imports': ['error', { paths: [electron], patterns: [backend] }] }
  return rules
}

export default defineConfig(
  // Fixtures are other people's catalogues, broken ones included.
  { ignores: ['node_modules/', 'out/', '.practice/', 'test/fixtures/', 'resources/types/', 'resources/skeleton/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300 }],
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx', 'hack'] }],
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: NODE_GLOBALS } },
  {
    files: ['**/*.ts', '**/*.svelte'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // Node strips `type X` but keeps the rest of such an import: it would be an edge at run time after all.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Connection, context and subject come first; what is special to a call goes into one named object.
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      // A row's type is known to the statement that reads it: `onlyRow<{ id: string }>(rows, …)`.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Numbers read well in text; anything else there is a mistake.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  // After the rules of TypeScript: it names the parser of .svelte files.
  svelte.configs.recommended,
  {
    // What runs in a browser is another project: its types are those of the page.
    files: ['src/renderer/**/*.{ts,svelte}', 'test/renderer/**/*.ts', 'test/e2e/**/*.ts'],
    languageOptions: {
      parserOptions: { projectService: false, project: './tsconfig.web.json', extraFileExtensions: ['.svelte'] },
    },
    // What is shown of most statuses alike has a default.
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
    rules: {
      // Names are known to svelte-check, and so are the types of components, which this parser takes for any.
      'no-undef': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      // `void value` in an effect says that it depends on it.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // State is replaced, not changed in place ($state.raw); a Map is somebody's own.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    // The parser gives TypeScript another text than the file's, so each component would cost a program of its own: a second for
    // each. Their types are svelte-check's; what has logic worth a typed rule stands in a .ts file beside it.
    files: ['**/*.svelte'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Time and chance are given to the engine through its ports, so that tests can give their own.
    files: ['src/engine/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Ask the Clock port.' },
        { object: 'Math', property: 'random', message: 'Ask the Random port.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Ask the Clock port.' },
      ],
    },
  },
  { files: ['src/**/*.ts'], rules: onlyElsewhere([]) },
  ...Object.entries(ELECTRON_PLACES).map(([file, own]) => ({ files: [file], rules: onlyElsewhere(own) })),
  { files: ['src/{shared,engine,catalogue,storage}/**/*.ts'], rules: { 'no-console': 'error' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A fake that implements an async port has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/max-params': 'off',
    },
  },
)
