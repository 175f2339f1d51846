/** libpq's password file: `host:port:database:user:password`, first match wins. Read here, since the package that does it keeps state of its own. */
import { constants, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isDefaultSocket } from './default-host.ts'
import type { Environ } from './read-service.ts'

export interface PasswordPlace {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

const GROUP_OR_WORLD = 0o077
const MISSING = ['ENOENT', 'ENOTDIR']

/** Where libpq would look when no setting names a file. */
export function usualPasswordFile(env: Environ): string {
  const named = env.PGPASSFILE ?? ''
  if (named !== '') return named
  return process.platform === 'win32'
    ? join(env.APPDATA ?? homedir(), 'postgresql', 'pgpass.conf')
    : join(env.HOME ?? homedir(), '.pgpass')
}

/** null: no line is for that place, or the file is not to be used; `warn` is told why then, but for one that is not there. */
export async function findInPasswordFile(
  file: string,
  place: PasswordPlace,
  warn: (message: string) => void,
): Promise<string | null> {
  const text = await readTrusted(file, warn)
  // The usual sockets go under `localhost` in the file.
  const host = isDefaultSocket(place.host) ? 'localhost' : place.host
  const wanted = [host, String(place.port), place.database, place.user]
  for (const line of text.split('\n')) {
    const fields = line.startsWith('#') ? null : readLine(line.replace(/\r$/, ''))
    if (fields !== null && wanted.every((value, index) => isFor(fields.place[index], value))) return fields.password
  }
  return null
}

/** Looked at and read through one handle: the file that was judged is the one that is read. */
async function readTrusted(file: string, warn: (message: string) => void): Promise<string> {
  try {
    // Opening a pipe waits for whoever writes into it, unless it is said that one does not want to.
    const handle = await open(file, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK))
    try {
      const stats = await handle.stat()
      const wrong = stats.isFile() ? whyOpen(stats.mode) : 'is not a plain file; it is not read'
      if (wrong === null) return await handle.readFile('utf8')
      warn(`password file "${file}" ${wrong}`)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (!MISSING.includes(code)) warn(`password file "${file}" cannot be read (${code})`)
  }
  return ''
}

function whyOpen(mode: number): string | null {
  if (process.platform === 'win32' || (mode & GROUP_OR_WORLD) === 0) return null
  return 'has group or world access; it is not read. Run: chmod 600 on it'
}

/** Still escaped where a field is compared: `\*` is a star, `*` anything. */
function readLine(line: string): { readonly place: readonly string[]; readonly password: string } | null {
  const parts = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/s.exec(line)
  if (parts === null) return null
  const password = unescaped(parts[5] ?? '')
  return password === '' ? null : { place: parts.slice(1, 5), password }
}

function isFor(field: string | undefined, value: string): boolean {
  return field === '*' || (field !== undefined && unescaped(field) === value)
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1')
}
