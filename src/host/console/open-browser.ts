/** The desktop shows the console's page. */
import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Opening {
  /** Where the file goes that leads there; a browser has to be able to read it. */
  readonly folder: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: NodeJS.Platform
}

/**
 * Asks the desktop to show `url`. Others see what a program is called with, and the address lets in whoever comes first: the
 * browser is given a file that only this user may read, and that leads there. Where there is no desktop, it does not want to,
 * or BROWSER is none, the printed address serves. Returns how to remove the file.
 */
export async function openBrowser(
  url: string,
  { folder, env = process.env, platform = process.platform }: Opening,
): Promise<() => Promise<void>> {
  const program = env.BROWSER === 'none' ? null : programOf(platform, env)
  if (program === null) return () => Promise.resolve()
  const file = join(folder, 'open.html')
  try {
    await mkdir(folder, { recursive: true })
    await rm(file, { force: true })
    await writeFile(file, redirectTo(url), { mode: 0o600, flag: 'wx' })
  } catch {
    // A folder that cannot be written: the printed address serves.
    return () => Promise.resolve()
  }
  const [command, ...args] = program
  const child = spawn(command, [...args, pathToFileURL(file).href], {
    stdio: 'ignore',
    detached: true,
    env: { ...env },
  })
  child.on('error', () => undefined)
  child.unref()
  return () => rm(file, { force: true })
}

function redirectTo(url: string): string {
  // Letters, digits and what joins them: nothing of it means anything to HTML.
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Tranche</title><meta http-equiv="refresh" content="0;url=${url}">\n`
}

function programOf(
  platform: NodeJS.Platform,
  { DISPLAY = '', WAYLAND_DISPLAY = '' }: NonNullable<Opening['env']>,
): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return DISPLAY === '' && WAYLAND_DISPLAY === '' ? null : ['xdg-open']
}
