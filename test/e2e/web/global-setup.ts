/** The specs see the page as it is in this checkout. */
import { fileURLToPath } from 'node:url'
import { buildPage } from '../../../src/host/console/build-console.ts'

export default async function setup(): Promise<void> {
  await buildPage(fileURLToPath(new URL('../../..', import.meta.url)), () => undefined)
}
