/** libpq's connection service file: an INI file with one section for each service. The user's file wins over the system's. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf, TrancheError } from '../../shared/errors.ts'
import { type ConnectionSettings, supportedSettings } from './connection-settings.ts'

export type Environ = Readonly<Record<string, string | undefined>>

/** Throws invalid_target where no file has the service. */
export async function readService(name: string, env: Environ): Promise<ConnectionSettings> {
  const files = serviceFiles(env)
  for (const file of files) {
    const text = await readIfThere(file)
    const section = text === null ? null : findSection(text, name)
    if (section !== null) return supportedSettings(section, `service "${name}" in ${file}`)
  }
  throw new TrancheError('invalid_target', `there is no service "${name}" in ${files.join(' or ')}`, {
    remedy: `Add a section [${name}] there, or unset PGSERVICE.`,
    details: { service: name, files },
  })
}

function serviceFiles(env: Environ): readonly string[] {
  const folder = process.platform === 'win32' ? join(env.APPDATA ?? homedir(), 'postgresql') : (env.HOME ?? homedir())
  const own = env.PGSERVICEFILE ?? join(folder, '.pg_service.conf')
  const system = env.PGSYSCONFDIR
  return system === undefined ? [own] : [own, join(system, 'pg_service.conf')]
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new TrancheError('invalid_target', `the service file ${file} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Let this user read it, or name another one with PGSERVICEFILE.',
      cause,
    })
  }
}

/** The lines `key=value` behind `[name]`, or null. A later line of the same key does not count, as in libpq. */
function findSection(text: string, name: string): readonly (readonly [string, string])[] | null {
  let isInside = false
  let found: Map<string, string> | null = null
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const title = /^\[(.*)\]$/.exec(line)?.[1]
    if (title !== undefined) {
      // The first section of that name is the one.
      isInside = title === name && found === null
      if (isInside) found = new Map()
      continue
    }
    if (!isInside || found === null) continue
    const [key = '', ...value] = line.split('=')
    if (!found.has(key.trim())) found.set(key.trim(), value.join('=').trim())
  }
  return found === null ? null : [...found]
}
