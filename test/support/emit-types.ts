/** The declarations of what authors import, and of what those stand on. */
import { posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ENTRIES = ['catalogue/api.d.ts', 'host/testing/api.d.ts']

/** Path below src → text, in the order of the paths. */
export function emitTypes(): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(`${ROOT}/tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: Record<string, unknown> } // our own file
  }
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      rootDir: 'src',
      outDir: 'types',
    },
    ROOT,
  )
  const emitted = new Map<string, string>()
  const entries = ENTRIES.map((entry) => `${ROOT}/src/${entry.replace('.d.ts', '.ts')}`)
  ts.createProgram(entries, options).emit(undefined, (path, text) => {
    emitted.set(relative(`${ROOT}/types`, path).split(sep).join('/'), text)
  })
  const reached = new Map<string, string>()
  const pending = [...ENTRIES]
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    const text = emitted.get(path)
    if (text === undefined || reached.has(path)) continue
    reached.set(path, text)
    for (const [, specifier = ''] of text.matchAll(/from '(\.[^']*)\.ts'/g))
      pending.push(`${posix.join(posix.dirname(path), specifier)}.d.ts`)
  }
  return new Map([...reached].sort(([a], [b]) => (a < b ? -1 : 1)))
}
