/** Where the console keeps its own file: Electron's `userData` of an application named Tranche, in whatever host it runs. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export function dataFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env.TRANCHE_HOME ?? ''
  if (named !== '') return resolve(named)
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Tranche')
  if (process.platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Tranche')
  return join(absolute(env.XDG_CONFIG_HOME) ?? join(homedir(), '.config'), 'Tranche')
}

/** The specification says to ignore a relative one. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined
}
