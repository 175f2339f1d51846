/** Where a server of this machine listens when no host is named. */
import { access } from 'node:fs/promises'

const SOCKET_FOLDERS = ['/var/run/postgresql', '/run/postgresql', '/tmp']

/** The first usual folder with a server's socket, as libpq was built with one of them; else localhost. */
export async function findDefaultHost(port: number): Promise<string> {
  if (process.platform === 'win32') return 'localhost'
  for (const folder of SOCKET_FOLDERS) {
    const isThere = await access(`${folder}/.s.PGSQL.${String(port)}`).then(
      () => true,
      () => false,
    )
    if (isThere) return folder
  }
  return 'localhost'
}

/** A socket, or an address of this machine. */
export function isLocalHost(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

export function isDefaultSocket(host: string): boolean {
  return SOCKET_FOLDERS.includes(host)
}
