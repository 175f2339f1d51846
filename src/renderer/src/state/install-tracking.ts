import type { Console } from './console.svelte.ts'
import type { Doing } from './doing.svelte.ts'

/** Asks where it has to be asked; true: the tracking schema is there. */
export async function installTracking(console: Console, doing: Doing, connectionId: string): Promise<boolean> {
  const isSure = await console.confirm('install', {
    title: 'Install on PRODUCTION',
    text: 'Creates the tracking schema with its tables. No table of yours is touched.',
    act: 'Install tracking schema',
  })
  if (!isSure) return false
  return doing.run('Installing', async () => console.api('tracking.install', { connectionId, isConfirmed: true }))
}
