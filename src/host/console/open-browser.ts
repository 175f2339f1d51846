import { spawn } from 'node:child_process'

/** Asks the desktop to show a page. Where there is none, it does not want to, or BROWSER is none, the printed address serves. */
export function openBrowser(url: string): void {
  const program = process.env.BROWSER === 'none' ? null : programOf(process.platform)
  if (program === null) return
  const [command, ...args] = program
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

function programOf(platform: NodeJS.Platform): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = process.env
  return DISPLAY === '' && WAYLAND_DISPLAY === '' ? null : ['xdg-open']
}
